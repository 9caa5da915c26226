using Kvasir.Engine.Blending;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.Engine.Tiers;

/// <summary>Rows of a sequence that come from tiers: on their way, or there and not verified yet. The engine's thread owns it.</summary>
internal sealed class SequenceLoad
{
    /// <summary>The move.</summary>
    public required TierLoad Move { get; init; }

    /// <summary>The blocks that receive the rows, a reference to each until the move has ended.</summary>
    public required BlockId[] Blocks { get; init; }

    /// <summary>First position that is loaded.</summary>
    public required int Start { get; init; }

    /// <summary>First position behind.</summary>
    public required int End { get; init; }

    /// <summary>Keys of the objects.</summary>
    public required BlockKey[] Keys { get; init; }

    /// <summary>Timestamp at which it is given up.</summary>
    public required long Deadline { get; init; }

    /// <summary>Chunks for another place than the prefix; their rows are approximate there, so nothing of them is verified. Null for a prefix.</summary>
    public IReadOnlyList<LoadingRun>? Runs { get; init; }

    /// <summary>Rooms for the verified rows; returned when the load is settled.</summary>
    public List<VerificationScratch> Scratches { get; } = [];

    /// <summary>The rows under verification in this step.</summary>
    public List<VerificationTable> Verifications { get; } = [];
}

namespace Kvasir.KvCache.Chunks;

/// <summary>Bounds of a <see cref="ChunkIndex"/>.</summary>
public sealed record ChunkIndexOptions
{
    /// <summary>Most blocks that it holds, each counted once however many runs lie in it.</summary>
    public required int MaxBlocks { get; init; }

    /// <summary>Most variants of a chunk: the same tokens behind different prefixes.</summary>
    public int MaxVariants { get; init; } = 5;

    /// <summary>Tokens that are hashed together to find fragments; every such stretch of a run is one entry.</summary>
    public int Window { get; init; } = 16;

    /// <summary>
    /// Least tokens of a fragment. At least <c>2 · Window - 1</c>: then every fragment holds one of its run's entries whole, wherever it
    /// begins, and none is missed.
    /// </summary>
    public int MinFragment { get; init; } = 32;

    /// <summary>
    /// Most places that are remembered for one window's tokens; half of them may be of one chunk. It bounds the work that repetitive
    /// text can cause.
    /// </summary>
    public int MaxCandidates { get; init; } = 8;

    /// <summary>
    /// How often the index must be turned over for the worth of a run to halve: 1 is when as many blocks were added or used as
    /// <see cref="MaxBlocks"/>.
    /// </summary>
    public double HalfLifeTurnovers { get; init; } = 1;

    /// <summary>Throws when the bounds contradict each other.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    public void Validate()
    {
        Require(MaxBlocks >= 1, nameof(MaxBlocks), MaxBlocks, "at least 1");
        Require(MaxVariants >= 1, nameof(MaxVariants), MaxVariants, "at least 1");
        Require(Window >= 1, nameof(Window), Window, "at least 1");
        Require(MinFragment >= (2 * Window) - 1, nameof(MinFragment), MinFragment, $"at least 2 · Window - 1 = {(2 * Window) - 1}");
        Require(MaxCandidates >= 2, nameof(MaxCandidates), MaxCandidates, "at least 2");
        Require(HalfLifeTurnovers > 0 && double.IsFinite(HalfLifeTurnovers), nameof(HalfLifeTurnovers), HalfLifeTurnovers, "above 0");

        static void Require(bool holds, string name, double value, string allowed)
        {
            if (!holds)
                throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; it must be {allowed}"));
        }
    }
}

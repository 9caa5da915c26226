using Kvasir.Engine.Blending;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Loop;

/// <summary>What the engine has done since it was made, and how it stands between two steps.</summary>
/// <remarks>The five states of blocks add up to <see cref="TotalBlocks"/>.</remarks>
/// <param name="Steps">Steps run.</param>
/// <param name="ComputedRows">Rows carried through the layers.</param>
/// <param name="ReusedTokens">Prompt tokens that were found in the pool.</param>
/// <param name="PromptTokens">Prompt tokens of admitted sequences.</param>
/// <param name="SampledTokens">Tokens sampled.</param>
/// <param name="ForcedTokens">Tokens of answers that were not sampled, because a grammar left no choice.</param>
/// <param name="Preemptions">Sequences sent back to wait.</param>
/// <param name="Running">Sequences running now.</param>
/// <param name="Waiting">Sequences waiting now.</param>
/// <param name="FreeBlocks">Blocks that hold nothing and are promised to nobody.</param>
/// <param name="ReservedBlocks">Blocks that hold nothing and are promised to a running sequence.</param>
/// <param name="ActiveBlocks">Blocks that running sequences refer to.</param>
/// <param name="CachedBlocks">Blocks that only the prefix index refers to; they go when others need the room.</param>
/// <param name="QuarantinedBlocks">Blocks that were released while a step or a transfer could still read them.</param>
/// <param name="TotalBlocks">Blocks of the pool.</param>
/// <param name="BlockRows">Tokens a block.</param>
/// <param name="CommittedBytes">Memory that the pool has taken from the system.</param>
/// <param name="CachedTokens">Tokens whose rows the prefix index finds, those of running sequences included.</param>
/// <param name="Lookups">Prefixes looked for.</param>
/// <param name="Hits">Look-ups that found something.</param>
/// <param name="Evictions">Cached blocks given up for others.</param>
public sealed record EngineStatus(
    long Steps,
    long ComputedRows,
    long ReusedTokens,
    long PromptTokens,
    long SampledTokens,
    long ForcedTokens,
    long Preemptions,
    int Running,
    int Waiting,
    int FreeBlocks,
    int ReservedBlocks,
    int ActiveBlocks,
    int CachedBlocks,
    int QuarantinedBlocks,
    int TotalBlocks,
    int BlockRows,
    long CommittedBytes,
    long CachedTokens,
    long Lookups,
    long Hits,
    long Evictions)
{
    /// <summary>The tiers; null when there are none.</summary>
    public EngineTierStatus? Tiers { get; init; }

    /// <summary>How the chunks stand that are kept for reuse behind other prefixes.</summary>
    public required ChunkStatus Chunks { get; init; }

    /// <summary>What audits have found about approximate reuse, a policy of a tenant each.</summary>
    public IReadOnlyList<AuditStatus> Audits { get; init; } = [];

    /// <summary>What more memory for keys and values would have given, ascending; the first entry is the memory that there is.</summary>
    public IReadOnlyList<MemoryAdvice> Advice { get; init; } = [];
    /// <summary>How contiguous KV stands: memory that is mapped, memory that is required, and what mapping costs; null with paged KV.</summary>
    public VirtualKvStatus? Contiguous { get; init; }
}

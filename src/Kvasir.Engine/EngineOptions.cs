using Kvasir.Engine.Blending.Audit;
using Kvasir.Compute;
using Kvasir.Engine.Scheduling;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine;

/// <summary>How an engine is set up. Every limit is kept under overload (guarantee G5).</summary>
public sealed record EngineOptions
{
    /// <summary>Most tokens of a sequence; the model's own limit when null.</summary>
    public int? MaxContext { get; init; }

    /// <summary>Bytes of the KV pool; when null, room for four full contexts, at most a quarter of the machine's memory.</summary>
    public long? KvBudgetBytes { get; init; }

    /// <summary>How keys and values are stored.</summary>
    public KvDataType KvType { get; init; } = KvDataType.F16;

    /// <summary>Rows of a KV block; a multiple of 16.</summary>
    public int BlockRows { get; init; } = 32;

    /// <summary>Where the KV of a sequence lies. The answer's bits do not depend on it.</summary>
    public KvMemory KvMemory { get; init; } = KvMemory.Paged;

    /// <summary>Worker threads; the processors of the machine when null.</summary>
    public int? Threads { get; init; }

    /// <summary>Forces a path of the kernels; the best one when null. All give the same bits.</summary>
    public InstructionSet? InstructionSet { get; init; }

    /// <summary>Most rows of a step; longer prompts are computed in chunks, beside the decoding of others.</summary>
    public int MaxBatchTokens { get; init; } = 512;

    /// <summary>Most sequences that run at once.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>Most sequences that wait; further requests are refused.</summary>
    public int MaxQueued { get; init; } = 1024;

    /// <summary>False to keep nothing between requests.</summary>
    public bool PrefixCache { get; init; } = true;

    /// <summary>
    /// Which cached blocks go first when the pool is full (<see cref="RetentionPolicies"/>). A policy may remember what it saw, so each
    /// engine needs its own.
    /// </summary>
    public IRetentionPolicy Retention { get; init; } = new LruRetention();

    /// <summary>Who runs, who waits, who is preempted.</summary>
    public ISchedulingPolicy Scheduling { get; init; } = new FirstComeScheduling();

    /// <summary>Tiers that keep what the pool has no room for, and what outlives the process; none when null.</summary>
    public TierOptions? Tiers { get; init; }

    /// <summary>Fills freed rows with NaN, so that a read of one shows (tests, fuzzing).</summary>
    public bool PoisonFreedRows { get; init; }

    /// <summary>Share of the pool's blocks that chunks kept for reuse elsewhere may hold, 0 to 1.</summary>
    public double ChunkShare { get; init; } = 0.5;

    /// <summary>Shadow runs of answers with approximate reuse; none when the rate is 0.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>Source of time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether contiguous KV keeps the layers of a block together (tests, benchmarks).</summary>
    internal bool KvSliced { get; init; } = true;

    /// <summary>What is wrong with chunk reuse, as if the model's self-test had found it (tests).</summary>
    internal string? BlendFault { get; init; }

    internal KernelFault KernelFault { get; init; }

    internal Kvasir.KvCache.Pool.PoolFault PoolFault { get; init; }
}

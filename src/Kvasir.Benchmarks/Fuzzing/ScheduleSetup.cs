using Kvasir.Compute;
using Kvasir.Engine;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Memory;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>The engine that a schedule runs on: everything that must not change bits is drawn at random.</summary>
internal sealed record ScheduleSetup(EngineOptions Options, int CapacityBlocks)
{
    /// <summary>True when no fault is planted in it.</summary>
    public bool IsHonest => Options is { KernelFault: KernelFault.None, PoolFault: PoolFault.None };

    /// <summary>True when ways of keeping and reading less are to meet: pool rows are lost often, so that tiers are asked, and more requests read less.</summary>
    public bool Combines { get; init; }

    /// <summary>Draws a set-up whose pool holds between one and a few of the longest sequences.</summary>
    public static ScheduleSetup Draw(Random random, KvDataType kvType, int maxTokens, Sabotage sabotage)
    {
        var blockRows = random.Next(3) switch { 0 => 16, 1 => 32, _ => 64 };
        var longest = ((maxTokens + blockRows - 1) / blockRows) + 1;
        var paths = InstructionSets.Supported;
        var options = new EngineOptions
        {
            KvType = kvType,
            BlockRows = blockRows,
            Threads = random.Next(1, 5),
            InstructionSet = paths[random.Next(paths.Count)],
            MaxBatchTokens = random.Next(4) switch { 0 => random.Next(1, 8), 1 => random.Next(8, 32), 2 => 64, _ => random.Next(64, 300) },
            MaxSequences = random.Next(1, 10),
            PoisonFreedRows = true,
            KvMemory = Memory(random, sabotage),
            KvSliced = random.Next(3) != 0,
            KernelFault = sabotage switch
            {
                Sabotage.SplitK => KernelFault.SplitK,
                Sabotage.TileByBatch => KernelFault.TileByBatch,
                Sabotage.RopeOffByOne => KernelFault.RopeOffByOne,
                Sabotage.StaleTail => KernelFault.StaleTail,
                _ => KernelFault.None,
            },
            PoolFault = sabotage switch
            {
                Sabotage.SkipCow => PoolFault.SkipCopyOnWrite,
                Sabotage.EarlyFree => PoolFault.EarlyFree,
                _ => PoolFault.None,
            },
        };
        if (options.KvMemory == KvMemory.Paged && random.Next(2) == 0)
            options = options with { Tiers = DrawTiers(random, blockRows) };
        return new ScheduleSetup(options, longest + random.Next(0, 4 * longest));
    }

    /// <summary>The set-up with blocks, a tier, and steps and a pool that windows and copies fit in.</summary>
    public ScheduleSetup Combining(Random random, int maxTokens) => new(
        Options with
        {
            KvMemory = KvMemory.Paged,
            Tiers = DrawTiers(random, Options.BlockRows),
            MaxBatchTokens = random.Next(100, 300),
        },
        random.Next(4, 8) * ((maxTokens / Options.BlockRows) + 3))
    {
        Combines = true,
    };

    /// <summary>A host tier that may be too small for what is offered to it.</summary>
    private static TierOptions DrawTiers(Random random, int blockRows) => new()
    {
        HostBytes = random.Next(4) == 0 ? 1 << 20 : 64 << 20,
        LayersPerRecord = random.Next(2) == 0 ? 1 : null,
        VerifyRows = random.Next(0, 6),
        Preload = random.Next(2) == 0 ? PreloadDepth.FirstLayersWhenAlone : PreloadDepth.Always,
        Moves = new KvTierOptions
        {
            ChunkTokens = blockRows * random.Next(1, 4),
            MinLoadTokens = 1,
            Threads = random.Next(1, 3),
            StoreAfterUses = random.Next(1, 3),
            BusyShare = 1,
        },
    };

    /// <summary>A pool that writes to shared blocks or frees them early is found by its bits; in contiguous memory it would end the process.</summary>
    private static KvMemory Memory(Random random, Sabotage sabotage)
    {
        var memory = (KvMemory)random.Next(3);
        return PageMaps.AreSupported && sabotage is not (Sabotage.SkipCow or Sabotage.EarlyFree) ? memory : KvMemory.Paged;
    }
}

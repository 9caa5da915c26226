using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>
/// Sequences of random lengths come and go; each takes the slot that fits best. How many prompts find all their memory mapped, and whether
/// the memory stays within the pool.
/// </summary>
internal static class ReuseSuite
{
    private const int Slots = 16;
    private const int Blocks = 512;
    private const int WarmUp = 64;

    public static void Run(Action<VirtualCheck> report, bool quick)
    {
        foreach (var shared in new[] { false, true })
        {
            var mode = shared ? "shared" : "private";
            var (share, resident) = Share(shared, deferred: true, quick ? 1000 : 4000);
            var (eager, _) = Share(shared, deferred: false, quick ? 1000 : 4000);
            report(new($"reuse, {mode}: prefills that map nothing", share, "of all", eager, Wanted: 0.8));
            report(new($"reuse, {mode}: most resident memory over pool size", resident, "x", Wanted: 1, AtMost: true));
        }
    }

    private static (double Share, double Resident) Share(bool shared, bool deferred, int sequences)
    {
        var layout = new KvLayout(Layers: 4, KvHeads: 2, HeadDim: 64, KvDataType.F16, BlockRows: 16);
        var options = new VirtualKvOptions { Shared = shared, Slots = Slots, MaxRows = 1024, DeferredReclamation = deferred };
        using var pool = new TablePool(layout, Blocks, options);
        var random = new Random(11);
        var running = new List<(UniformTable Table, int End)>();
        var started = 0;
        var most = 0.0;
        VirtualKvStatus warm = default;
        while (started < sequences)
        {
            // About half of the slots are taken: arrivals and ends balance there.
            if (running.Count < Slots - 4 && random.Next(48) < 4 && pool.Pool.AvailableBlocks > 64 + running.Count)
            {
                var prompt = random.Next(32, 640);
                var table = pool.Create(prompt);
                pool.Extend(table, prompt);
                running.Add((table, prompt + random.Next(16, 256)));
                if (++started == WarmUp)
                    warm = pool.Space.Status;
                if (started % 256 == 0)
                    most = Math.Max(most, (double)ResidentMemory.Bytes(pool.Space) / (Blocks * layout.BlockBytes));
            }

            pool.Space.MapAhead();
            for (var i = running.Count - 1; i >= 0; i--)
            {
                var (table, end) = running[i];
                if (table.Length >= end || pool.Pool.AvailableBlocks == 0)
                {
                    table.Dispose();
                    running.RemoveAt(i);
                    continue;
                }

                pool.Extend(table, table.Length + 1);
            }
        }

        foreach (var (table, _) in running)
            table.Dispose();
        var status = pool.Space.Status;
        return ((double)(status.PrefillsWithoutMapping - warm.PrefillsWithoutMapping) / (status.Prefills - warm.Prefills), most);
    }
}

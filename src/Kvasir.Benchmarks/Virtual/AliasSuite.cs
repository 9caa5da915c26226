using System.Text;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>Sequences with a common prefix: resident memory beside that of the prefix and the rows behind it.</summary>
internal static class AliasSuite
{
    private const int Prefix = 4096;
    private const int Tail = 256;
    private const int Sequences = 12;

    public static void Run(Action<VirtualCheck> report)
    {
        var layout = new KvLayout(Layers: 8, KvHeads: 2, HeadDim: 64, KvDataType.F16, BlockRows: 32);
        var blocks = ((Prefix + (Sequences * Tail)) / layout.BlockRows) + Sequences;
        using var pool = new TablePool(layout, blocks, new VirtualKvOptions { Slots = Sequences, MaxRows = 8192 });
        var index = new PrefixIndex(pool.Pool, new LruRetention());
        var scope = new CacheScope(new byte[BlockKey.Size], layout, "bench", Encoding.UTF8.GetBytes("alias"), null);
        int[] tokens = [.. Enumerable.Range(0, Prefix)];
        var tables = new List<UniformTable>();
        for (var i = 0; i < Sequences; i++)
        {
            var match = index.Match(scope, tokens, Prefix);
            var table = VirtualKvTable.Create(pool.Pool, Prefix + Tail, match);
            table.AttachPrefix(match);
            pool.Extend(table, Prefix);
            if (i == 0)
                index.Insert(scope, tokens, table.Blocks);
            pool.Extend(table, Prefix + Tail);
            tables.Add(table);
        }

        var rows = Prefix + (Sequences * Tail);
        var resident = ResidentMemory.Bytes(pool.Space);
        report(new(
            $"aliasing: memory of {Sequences} sequences with {Prefix} common rows and {Tail} own",
            resident / (1024.0 * 1024),
            "MiB",
            rows * layout.BytesPerToken / (1024 * 1024)));
        report(new("aliasing: memory over that of P + R * tail rows", resident / (rows * layout.BytesPerToken), "x", Wanted: 1.02, AtMost: true));
        report(new("aliasing: mappings of the process for it", pool.Space.Status.Mappings, "mappings"));
        index.Clear();
        foreach (var table in tables)
            table.Dispose();
    }
}

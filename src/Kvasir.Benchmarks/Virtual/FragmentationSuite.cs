using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>
/// Memory that is mapped and not needed, for page-groups of 16 KiB to 2 MiB, with and without slicing: what the system says is resident
/// beside the formula <c>ceil(rows / rowsOfGroup) * group * tensors - rows * bytesOfRow</c>.
/// </summary>
internal static class FragmentationSuite
{
    private const int Layers = 4;
    private const int Sequences = 16;
    private const int MaxRows = 8192;

    public static void Run(Action<VirtualCheck> report, bool quick)
    {
        var worst = 0.0;
        foreach (var kibibytes in quick ? [16, 256, 2048] : new[] { 16, 32, 64, 128, 256, 512, 1024, 2048 })
        {
            foreach (var sliced in new[] { true, false })
            {
                var (measured, formula) = Waste(1024L * kibibytes, sliced);
                var name = $"fragmentation: groups of {kibibytes} KiB, {(sliced ? "sliced" : "a range a layer")}";
                worst = Math.Max(worst, Math.Abs((measured / formula) - 1));
                report(new(name, measured / Sequences / 1024, "KiB a sequence", formula / Sequences / 1024));
            }
        }

        report(new("fragmentation: largest difference from the formula", worst, "of it", Wanted: 0.05, AtMost: true));
    }

    private static (double Measured, double Formula) Waste(long group, bool sliced)
    {
        // Rows of 128 bytes a layer, so that a group of 16 KiB holds whole blocks of 16 rows even with all layers in it.
        var shape = new KvLayout(Layers, KvHeads: 1, HeadDim: 32, KvDataType.F16, BlockRows: 16);
        var tensors = sliced ? 1 : Layers;
        var rowBytes = (long)shape.BytesPerToken;
        var groupRows = (int)(group * tensors / rowBytes);
        var options = new VirtualKvOptions { Slots = Sequences, MaxRows = MaxRows, Sliced = sliced };
        var blocks = Sequences * ((MaxRows / groupRows) + 1);
        using var pool = new TablePool(shape with { BlockRows = groupRows }, blocks, options);
        var random = new Random(3);
        var formula = 0L;
        var needed = 0L;
        var tables = new List<UniformTable>();
        for (var i = 0; i < Sequences; i++)
        {
            var rows = random.Next(1, MaxRows + 1);
            formula += ((((rows + groupRows - 1) / groupRows) * group) * tensors) - (rows * rowBytes);
            needed += rows * rowBytes;
            tables.Add(pool.Create(rows));
            pool.Extend(tables[^1], rows);
        }

        var resident = ResidentMemory.Bytes(pool.Space);
        foreach (var table in tables)
            table.Dispose();
        return (resident - needed, formula);
    }
}

using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tables;

/// <summary>First rows of a ragged table go to a packed form: every row stays readable, the others keep their bits, memory comes back.</summary>
public sealed unsafe class PackedTableTests
{
    private const int Point = 150;

    public static TheoryData<int, int, bool> Cases => new()
    {
        { 4, 32, false }, { 2, 32, false }, { 4, 16, false }, { 2, 64, false }, { 4, 32, true }, { 2, 64, true }, { 2, 16, true }, { 16, 32, false }, { 16, 16, false }, { 16, 64, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void RowsArePackedAsTheyAge_AndAllStayWhatTheyAre(int bits, int blockRows, bool perHead)
    {
        IPackedForm form = bits == 16 ? Latents() : new PackedForm(bits, 32);
        using var pool = new BlockPool(new KvLayout(2, 2, 32, KvDataType.F32, blockRows), new BlockPoolOptions { CapacityBlocks = 64, PoisonFreedRows = true });
        var whole = Enumerable.Range(0, 400).Select(Row).ToArray();
        using var table = Begin(pool, form, perHead, packed: 96, whole);
        Check(table, whole, packed: 96);
        var random = new Random(bits + blockRows);
        for (var (length, packed) = (Point, 96); length < 400;)
        {
            var added = random.Next(1, 20);
            Append(pool, table, Math.Min(400, length + added), whole);
            length = Math.Min(400, length + added);
            packed = Math.Max(packed, (length - 20) / 32 * 32);
            for (var lane = 0; lane < 2 * table.Lanes; lane++)
                table.Pack(lane / table.Lanes, lane % table.Lanes, packed);
            table.EndStep();
            Check(table, whole, packed);
            pool.CheckIntegrity();
        }

        var pieces = (368 / form.RowsPerPiece(pool.Layout, 0)) + 1 + ((400 - 352 + blockRows - 1) / blockRows) + 2;
        Assert.InRange(table.BlockCount, 1, pieces);
        Assert.Throws<InvalidOperationException>(() => table.Trim(0, 0, [0]));
        Assert.Throws<InvalidOperationException>(() => table.RowTarget(0, 0, 5));
        table.Dispose();
        Assert.Equal(0, pool.UsedBlocks);
    }

    private static RaggedTable Begin(BlockPool pool, IPackedForm form, bool perHead, int packed, float[][] whole)
    {
        using var uniform = new UniformTable(pool);
        Assert.True(pool.TryReserve(uniform.BlocksToReach(Point), out var reservation));
        uniform.Extend(Point, reservation!);
        reservation!.Dispose();
        for (var row = 0; row < Point; row++)
        {
            for (var layer = 0; layer < 2; layer++)
                Write(pool.Layout, uniform.WriteTarget(layer, row), layer, whole[row]);
        }

        var table = new RaggedTable(pool, perHead) { DropsInSteps = true, SeesAllRows = true, Packing = form };
        var pieces = table.SlicesFor(32); // while a group is copied
        for (var layer = 0; layer < 2; layer++)
            pieces += table.Lanes * ((packed + form.RowsPerPiece(pool.Layout, layer) - 1) / form.RowsPerPiece(pool.Layout, layer) + table.SlicesFor(Point - packed));
        Assert.True(pool.TryReserve(table.BlocksFor(pieces), out reservation));
        table.Adopt(Point, pieces, reservation!);
        reservation!.Dispose();
        for (var layer = 0; layer < 2; layer++)
        {
            for (var lane = 0; lane < table.Lanes; lane++)
            {
                for (var row = 0; row < Point; row += 32)
                {
                    table.AppendCopies(layer, lane, uniform, [.. Enumerable.Range(row, Math.Min(32, Point - row))]);
                    table.Pack(layer, lane, packed);
                }
            }
        }

        return table;
    }

    private static void Append(BlockPool pool, RaggedTable table, int length, float[][] whole)
    {
        var first = table.Length;
        Assert.True(pool.TryReserve(table.BlocksToReach(length), out var reservation));
        table.Extend(length, reservation!);
        reservation!.Dispose();
        for (var layer = 0; layer < 2; layer++)
        {
            for (var row = first; row < length; row++)
                Write(pool.Layout, table.WriteTarget(layer, row), layer, whole[row]);
        }
    }

    /// <summary>Rows through the table, through its segments, and against what was written.</summary>
    private static void Check(RaggedTable table, float[][] whole, int packed)
    {
        using var arena = new SegmentArena();
        float[] key = new float[32], value = new float[32];
        for (var layer = 0; layer < 2; layer++)
        {
            var view = table.BuildView(layer, arena);
            for (var head = 0; head < 2; head++)
            {
                var lane = view.Heads == null ? view : view.Heads[head];
                var rows = 0L;
                for (var s = 0; s < lane.SegmentCount; s++)
                {
                    Assert.Equal(rows, lane.Segments[s].FirstRow);
                    rows += lane.Segments[s].Count;
                    Assert.Equal(lane.Segments[s].FirstRow < packed, lane.Segments[s].IsPacked);
                }

                Assert.Equal(table.Length, rows);
                for (var row = 0; row < table.Length; row++)
                {
                    table.Read(layer, head, row, key, value);
                    for (var d = 0; d < 32; d++)
                    {
                        var (k, v) = (Key(whole[row], layer, head, d), Value(whole[row], layer, head, d));
                        var allowed = row < packed ? 0.2 : 0; // half of a third of the range, and a little
                        if (row < packed && table.Packing is LatentForm && d >= Rank(layer))
                            (k, v) = (0, 0);
                        Assert.InRange(key[d], k - allowed, k + allowed);
                        Assert.InRange(value[d], v - allowed, v + allowed);
                    }
                }
            }
        }
    }

    /// <summary>The first dimensions, fewer in the second layer; rows end anywhere in pieces.</summary>
    private static LatentForm Latents()
    {
        float[] axes = [.. Enumerable.Range(0, 32 * 32).Select(i => i / 32 == i % 32 ? 1f : 0)];
        return new LatentForm(new LatentBases(2, 32, 16, [.. Enumerable.Range(0, 2).Select(layer => (LatentBasis[])[.. Enumerable.Range(0, 4).Select(_ => new LatentBasis(axes, axes, Rank(layer), new float[32]))])]), [null, null]);
    }

    private static int Rank(int layer) => layer == 0 ? 27 : 13;

    private static void Write(KvLayout layout, in KvWriteRow target, int layer, float[] row)
    {
        for (var head = 0; head < 2; head++)
        {
            var at = target.Heads == null ? target : target.Heads[head];
            float[] key = [.. Enumerable.Range(0, 32).Select(d => Key(row, layer, head, d))], value = [.. Enumerable.Range(0, 32).Select(d => Value(row, layer, head, d))];
            KvRowWriter.WriteHead(layout, at, head, key, value);
        }
    }

    private static float Key(float[] row, int layer, int head, int d) => row[d] + layer + (2 * head);

    private static float Value(float[] row, int layer, int head, int d) => row[32 + d] - layer - (2 * head);

    private static float[] Row(int position)
    {
        var random = new Random(position);
        return [.. Enumerable.Range(0, 64).Select(_ => random.NextSingle())];
    }
}

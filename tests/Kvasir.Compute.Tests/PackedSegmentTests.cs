using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>Packed rows are seen with the bits of rows in binary32 that hold what they decode to.</summary>
public sealed unsafe class PackedSegmentTests
{
    private const int Rows = 212;
    private const int Packed = 160;
    private const int KvHeads = 2;

    [Theory]
    [InlineData(4, 64, 0)]
    [InlineData(2, 64, 0)]
    [InlineData(2, 32, 0)]
    [InlineData(4, 96, 0)]
    [InlineData(4, 32, 21)] // rows at any place of a tile
    public void AViewWithPackedRows_GivesTheBitsOfWhatTheyDecodeTo(int bits, int headDim, int firstRow)
    {
        var form = new PackedForm(bits, headDim);
        var layout = new KvLayout(1, KvHeads, headDim, KvDataType.F32, BlockRows: 32 * ((Rows / 32) + 1));
        Backends.ForAll((backend, where) =>
        {
            using var plain = backend.Allocate((nuint)layout.BlockBytes);
            using var packed = backend.Allocate((nuint)layout.BlockBytes);
            plain.AsSpan<byte>().Fill(0xFF);
            packed.AsSpan<byte>().Fill(0xFF);
            Fill(plain, packed, layout, form);
            KvSegment one = new() { Slice = plain.Pointer, Count = Rows, FirstRow = firstRow };
            KvSegment[] two =
            [
                new() { Slice = packed.Pointer, Count = Packed - 32, FirstRow = firstRow, PackedBits = bits },
                new() { Slice = packed.Pointer, Count = 32, FirstSlot = Packed - 32, FirstRow = firstRow + Packed - 32, BasePosition = Packed - 32, PackedBits = bits },
                new() { Slice = plain.Pointer, FirstSlot = Packed, Count = Rows - Packed, FirstRow = firstRow + Packed, BasePosition = Packed },
            ];
            Bits.Equal(Attend(backend, layout, [one]), Attend(backend, layout, two), where);
        });
    }

    /// <summary>Random rows; those that are packed are laid out once packed and once as they decode.</summary>
    private static void Fill(NativeBuffer plain, NativeBuffer packed, KvLayout layout, PackedForm form)
    {
        var random = new Random(5);
        for (int head = 0; head < KvHeads; head++)
        {
            float[] keys = [.. Enumerable.Range(0, Rows * form.HeadDim).Select(i => random.NextSingle() + (i % form.HeadDim % 5))];
            float[] values = [.. Enumerable.Range(0, Rows * form.HeadDim).Select(_ => random.NextSingle() - 0.5f)];
            for (int group = 0; group < Packed / 32; group++)
            {
                var range = (group * 32 * form.HeadDim)..((group + 1) * 32 * form.HeadDim);
                byte* at = packed.Pointer + form.Offset(layout, head, group);
                PackedRows.Encode(form, keys.AsSpan()[range], values.AsSpan()[range], at);
                for (int row = 0; row < 32; row++)
                {
                    int first = ((group * 32) + row) * form.HeadDim;
                    PackedRows.Read(form, at, row, keys.AsSpan(first, form.HeadDim), values.AsSpan(first, form.HeadDim));
                }
            }

            for (int row = 0; row < Rows; row++)
            {
                var target = new KvWriteRow { Slice = plain.Pointer, Slot = row };
                KvRowWriter.WriteHead(layout, target, head, keys.AsSpan(row * form.HeadDim, form.HeadDim), values.AsSpan(row * form.HeadDim, form.HeadDim));
            }
        }
    }

    [Theory]
    [InlineData(64, 40, 23, 0)]
    [InlineData(64, 64, 64, 0)]
    [InlineData(48, 17, 48, 13)] // rows at any place of a tile
    public void AViewWithLatents_GivesTheBitsOfWhatTheyDecodeTo(int headDim, int keyRank, int valueRank, int firstRow)
    {
        var layout = new KvLayout(1, KvHeads, headDim, KvDataType.F32, BlockRows: 32 * ((Rows / 32) + 1));
        float[] directions = [.. Enumerable.Range(0, headDim * headDim).Select(i => (i / headDim == i % headDim ? 1f : 0) + (0.1f * MathF.Sin(i)))];
        using var rope = new RopeTable([.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(1000, -2.0 * i / headDim))], 512);
        var form = new LatentForm(new LatentBases(KvHeads, headDim, 16, [[.. Enumerable.Range(0, 2 * KvHeads).Select(part => new LatentBasis(directions, directions, part % 2 == 0 ? keyRank : valueRank, directions.AsMemory(0, headDim)))]]), [rope]);
        Backends.ForAll((backend, where) =>
        {
            using var plain = backend.Allocate((nuint)layout.BlockBytes);
            using var packed = backend.Allocate((nuint)layout.BlockBytes);
            plain.AsSpan<byte>().Fill(0xFF);
            packed.AsSpan<byte>().Fill(0xFF);
            FillLatents(plain, packed, layout, form);
            KvSegment one = new() { Slice = plain.Pointer, Count = Rows, FirstRow = firstRow };
            KvSegment[] two =
            [
                new() { Slice = packed.Pointer, Count = 45, FirstRow = firstRow },
                new() { Slice = packed.Pointer, Count = Packed - 45, FirstSlot = 45, FirstRow = firstRow + 45, BasePosition = 45 },
                new() { Slice = plain.Pointer, FirstSlot = Packed, Count = Rows - Packed, FirstRow = firstRow + Packed, BasePosition = Packed },
            ];
            form.Describe(ref two[0], 0, 0);
            form.Describe(ref two[1], 0, 45);
            Bits.Equal(Attend(backend, layout, [one], rope), Attend(backend, layout, two, rope), where);
        });
    }

    private static void FillLatents(NativeBuffer plain, NativeBuffer packed, KvLayout layout, LatentForm form)
    {
        var random = new Random(6);
        var dim = layout.HeadDim;
        float[] key = new float[dim], value = new float[dim];
        for (int row = 0; row < Rows; row += 32)
        {
            float[] keys = [.. Enumerable.Range(0, KvHeads * 32 * dim).Select(_ => random.NextSingle() - 0.3f)], values = [.. Enumerable.Range(0, KvHeads * 32 * dim).Select(_ => random.NextSingle() - 0.5f)];
            if (row < Packed)
                form.Encode(layout, 0, ..KvHeads, new PackedGroup(keys, values, row), 0..32, packed.Pointer, row);
            for (int i = 0; i < 32 * KvHeads; i++)
            {
                keys.AsSpan(i * dim, dim).CopyTo(key);
                values.AsSpan(i * dim, dim).CopyTo(value);
                if (row < Packed)
                    form.Read(layout, 0, i / 32, packed.Pointer, row + (i % 32), row + (i % 32), key, value);
                KvRowWriter.WriteHead(layout, new KvWriteRow { Slice = plain.Pointer, Slot = row + (i % 32) }, i / 32, key, value);
            }
        }
    }

    private static float[] Attend(CpuBackend backend, KvLayout layout, KvSegment[] segments, RopeTable? rope = null)
    {
        const int QueryHeads = 6;
        int width = QueryHeads * layout.HeadDim;
        QueryRow[] rows = [new() { Position = 0 }, new() { Position = 40 }, new() { Position = 159 }, new() { Position = 170 }, new() { Position = Rows - 1 }];
        var random = new Random(4);
        float[] queries = [.. Enumerable.Range(0, rows.Length * width).Select(_ => random.NextSingle() - 0.5f)];
        var output = new float[rows.Length * width];
        fixed (KvSegment* list = segments)
        fixed (QueryRow* at = rows)
        fixed (float* q = queries, y = output)
        {
            var view = new KvView { Segments = list, SegmentCount = segments.Length };
            backend.Attend(new AttentionBatch
            {
                Queries = q,
                QueryStride = width,
                Output = y,
                Rows = at,
                RowCount = rows.Length,
                Views = &view,
                ViewCount = 1,
                QueryHeads = QueryHeads,
                Scale = 0.125f,
                Layout = layout,
                Rope = rope,
            });
        }

        return output;
    }
}

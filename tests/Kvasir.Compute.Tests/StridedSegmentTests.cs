using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>Blocks that follow one another at a distance are one segment: the bits are those of a list of blocks.</summary>
public sealed unsafe class StridedSegmentTests
{
    private const int Rows = 700;

    [Theory]
    [InlineData(KvDataType.F16, 64, 16, 0)]
    [InlineData(KvDataType.F16, 64, 32, 0)]
    [InlineData(KvDataType.F32, 48, 48, 5)]
    [InlineData(KvDataType.BF16, 80, 64, 0)]
    [InlineData(KvDataType.Q8_0, 32, 16, 3)]
    [InlineData(KvDataType.Q8_0, 32, 128, 0)]
    [InlineData(KvDataType.Q4_0, 64, 32, 3)]
    public void OneSegmentOverManyBlocks_GivesTheBitsOfAListOfBlocks(KvDataType type, int headDim, int blockRows, int firstSlot)
    {
        const int KvHeads = 2;
        const int QueryHeads = 6;
        var layout = new KvLayout(2, KvHeads, headDim, type, blockRows);
        var stride = layout.BlockBytes + 192;
        var blocks = ((firstSlot + Rows - 1) / blockRows) + 1;
        Backends.ForAll((backend, where) =>
        {
            using var memory = new NativeBuffer((nuint)(blocks * stride));
            memory.AsSpan<byte>().Fill(0xFF);
            var random = new Random(3);
            var row = new float[2 * KvHeads * headDim];
            for (int i = 0; i < Rows; i++)
            {
                foreach (ref float value in row.AsSpan())
                    value = random.NextSingle() - 0.5f;
                int slot = firstSlot + i;
                var target = new KvWriteRow
                {
                    Slice = memory.Pointer + (slot / blockRows * stride) + layout.SliceBytes,
                    Slot = slot % blockRows,
                };
                fixed (float* keys = row)
                    backend.WriteKv(keys, keys + (KvHeads * headDim), 2 * KvHeads * headDim, [target], layout);
            }

            var list = new List<KvSegment>();
            for (int i = 0; i < Rows;)
            {
                int slot = (firstSlot + i) % blockRows;
                int count = Math.Min(blockRows - slot, Rows - i);
                list.Add(new KvSegment
                {
                    Slice = memory.Pointer + ((firstSlot + i) / blockRows * stride),
                    FirstSlot = slot,
                    Count = count,
                    FirstRow = i,
                    BasePosition = i,
                });
                i += count;
            }

            var one = new KvSegment { Slice = memory.Pointer, FirstSlot = firstSlot, Count = Rows, BlockStride = stride };
            Bits.Equal(Attend(backend, layout, QueryHeads, [.. list]), Attend(backend, layout, QueryHeads, [one]), $"{type}, blocks of {blockRows}, {where}");
        });
    }

    /// <summary>Rows at the end, in the middle and at the beginning, and one with a window.</summary>
    private static float[] Attend(CpuBackend backend, KvLayout layout, int queryHeads, KvSegment[] segments)
    {
        int width = queryHeads * layout.HeadDim;
        QueryRow[] rows =
        [
            new() { Position = 0 }, new() { Position = 130 }, new() { Position = 511 },
            new() { Position = 640, Visibility = VisibilityKind.Window, Window = 100 }, new() { Position = Rows - 1 },
        ];
        var random = new Random(4);
        float[] queries = [.. Enumerable.Range(0, rows.Length * width).Select(_ => random.NextSingle() - 0.5f)];
        var output = new float[rows.Length * width];
        fixed (KvSegment* list = segments)
        fixed (QueryRow* at = rows)
        fixed (float* q = queries, y = output)
        {
            var view = new KvView { Segments = list, SegmentCount = segments.Length, SliceOffset = layout.SliceBytes };
            backend.Attend(new AttentionBatch
            {
                Queries = q,
                QueryStride = width,
                Output = y,
                Rows = at,
                RowCount = rows.Length,
                Views = &view,
                ViewCount = 1,
                QueryHeads = queryHeads,
                Scale = 0.125f,
                Layout = layout,
            });
        }

        return output;
    }
}

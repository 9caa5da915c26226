using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>The kernels, specialised for a lane width and an integer tile.</summary>
internal sealed unsafe class SpecializedKernels<TLanes, TTile> : CpuKernels
    where TLanes : unmanaged, ILanes<TLanes>
    where TTile : struct, IQuantTile
{
    /// <summary>Rows that pass over a panel group before the next group is read: their activations stay in the second-level cache.</summary>
    private const int RowChunk = 64;

    private const int GroupColumns = PackedPart.PanelColumns * PackedPart.PanelGroup;

    public override void MatMul(in MatMulCall call, int firstGroup, int endGroup)
    {
        switch (call.Part.Type)
        {
            case DataType.F32:
                Floats<SingleFormat>(call, firstGroup, endGroup);
                break;
            case DataType.F16:
                Floats<HalfFormat>(call, firstGroup, endGroup);
                break;
            case DataType.BF16:
                Floats<BFloatFormat>(call, firstGroup, endGroup);
                break;
            case DataType.Q8_0:
                Quantized<ByteFormat>(call, firstGroup, endGroup);
                break;
            case DataType.Q4_0:
                Quantized<NibbleFormat<ScaleOnly>>(call, firstGroup, endGroup);
                break;
            case DataType.Q4_1:
                Quantized<NibbleFormat<ScaleAndMinimum>>(call, firstGroup, endGroup);
                break;
            case DataType.Q5_0:
                Quantized<FiveBitFormat<ScaleOnly>>(call, firstGroup, endGroup);
                break;
            case DataType.Q5_1:
                Quantized<FiveBitFormat<ScaleAndMinimum>>(call, firstGroup, endGroup);
                break;
            default:
                throw new NotSupportedException($"matrix multiplication with {call.Part.Type} weights");
        }
    }

    public override void RmsNorm(float* x, int width, float* weight, float epsilon, float* y) =>
        RowKernels<TLanes>.RmsNorm(x, width, weight, epsilon, y);

    public override void Add(float* x, float* y, long count) => RowKernels<TLanes>.Add(x, y, count);

    public override void SiluGate(float* gate, float* up, int width, float* y) => RowKernels<TLanes>.SiluGate(gate, up, width, y);

    public override void Rope(float* x, float* cosSin, int half) => RowKernels<TLanes>.Rope(x, cosSin, half);

    public override void Attend(in AttentionBatch batch, int firstRow, int rowCount, int head, AttentionScratch scratch, int tileShift) =>
        AttentionKernel<TLanes>.Run(batch, firstRow, rowCount, head, scratch, tileShift);

    public override void AttendSplit(
        in AttentionBatch batch, int firstRow, int rowCount, int head, long split, AttentionScratch scratch, float* partial) =>
        AttentionKernel<TLanes>.RunSplit(batch, firstRow, rowCount, head, split, scratch, partial);

    public override void MergeSplits(
        in AttentionBatch batch, int firstRow, int rowCount, int head, float* partials, int count, AttentionScratch scratch) =>
        AttentionKernel<TLanes>.MergeSplits(batch, firstRow, rowCount, head, partials, count, scratch);

    private static void Quantized<TFormat>(in MatMulCall call, int firstGroup, int endGroup)
        where TFormat : struct, IQuantFormat
    {
        var tile = stackalloc float[TTile.MaxRows * GroupColumns];
        for (var chunk = 0; chunk < call.Rows; chunk += RowChunk)
        {
            var chunkEnd = Math.Min(call.Rows, chunk + RowChunk);
            for (var group = firstGroup; group < endGroup; group++)
            {
                for (var row = chunk; row < chunkEnd; row += TTile.MaxRows)
                {
                    var rows = Math.Min(TTile.MaxRows, chunkEnd - row);
                    TTile.Run<TFormat>(call.Part, group * PackedPart.PanelGroup, call.Blocks, row, rows, call.FirstK / 32, call.EndK / 32, tile);
                    Store(call, tile, group, row, rows);
                }
            }
        }
    }

    private static void Floats<TFormat>(in MatMulCall call, int firstGroup, int endGroup)
        where TFormat : struct, IFloatFormat
    {
        var tile = stackalloc float[4 * GroupColumns];
        for (var chunk = 0; chunk < call.Rows; chunk += RowChunk)
        {
            var chunkEnd = Math.Min(call.Rows, chunk + RowChunk);
            for (var group = firstGroup; group < endGroup; group++)
            {
                var row = chunk;
                for (; row <= chunkEnd - 4; row += 4)
                {
                    FloatTile.Four<TLanes, TFormat>(
                        call.Part, group * PackedPart.PanelGroup, call.X + ((long)row * call.Part.Depth), call.FirstK, call.EndK, tile);
                    Store(call, tile, group, row, 4);
                }

                for (; row < chunkEnd; row++)
                {
                    FloatTile.One<TLanes, TFormat>(
                        call.Part, group * PackedPart.PanelGroup, call.X + ((long)row * call.Part.Depth), call.FirstK, call.EndK, tile);
                    Store(call, tile, group, row, 1);
                }
            }
        }
    }

    private static void Store(in MatMulCall call, float* tile, int group, int row, int rows)
    {
        var first = group * GroupColumns;
        var columns = Math.Min(GroupColumns, call.Part.Columns - first);
        for (var r = 0; r < rows; r++)
        {
            var y = call.Y + ((long)(row + r) * call.Stride) + call.Part.FirstColumn + first;
            new ReadOnlySpan<float>(tile + (r * GroupColumns), columns).CopyTo(new Span<float>(y, columns));
        }
    }
}

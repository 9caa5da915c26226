using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>The kernels, specialised for a lane width and an integer tile.</summary>
internal sealed unsafe class SpecializedKernels<TLanes, TTile> : CpuKernels
    where TLanes : unmanaged, ILanes<TLanes>
    where TTile : struct, IQuantTile
{
    private const int FloatRows = 4;

    /// <summary>Of a call's inputs that meet one panel after the other: they stay in the second-level cache.</summary>
    private const int ChunkBytes = 256 << 10;

    /// <summary>Blocks of K that many rows work through at a time, so that the panel's part stays in that cache beside them.</summary>
    private const int SliceBlocks = 64;

    public override ActivationBlocks CreateActivations() => new(TTile.UsesWords, wide: typeof(TLanes) == typeof(Lanes512));

    public override void Plan(ref MatMulCall call)
    {
        var quantised = call.Part.Type.IsQuantized;
        var tile = quantised ? TTile.MaxRows : FloatRows;
        var rowBytes = quantised ? Math.Min(SliceBlocks, call.Part.Blocks) * sizeof(ActivationBlock) : call.Part.Depth * sizeof(float);
        var most = Math.Max(1, ChunkBytes / rowBytes / tile) * tile;
        call.Chunks = (call.Rows + most - 1) / most;
    }

    public override void MatMul(in MatMulCall call, int first, int end)
    {
        // From chunk to chunk of rows; inside one from panel to panel.
        while (first < end)
        {
            var chunk = first / call.Part.Panels;
            var panel = first % call.Part.Panels;
            var panels = Math.Min(call.Part.Panels - panel, end - first);
            var (firstRow, endRow) = call.ChunkRows(chunk);
            switch (call.Part.Type)
            {
                case DataType.F32:
                    Floats<SingleFormat>(call, panel, panel + panels, firstRow, endRow);
                    break;
                case DataType.F16:
                    Floats<HalfFormat>(call, panel, panel + panels, firstRow, endRow);
                    break;
                case DataType.BF16:
                    Floats<BFloatFormat>(call, panel, panel + panels, firstRow, endRow);
                    break;
                default:
                    Quantized(call, panel, panel + panels, firstRow, endRow);
                    break;
            }

            first += panels;
        }
    }

    public override void RmsNorm(float* x, int width, float* weight, float epsilon, float* y) =>
        RowKernels<TLanes>.RmsNorm(x, width, weight, epsilon, y);

    public override void LayerNorm(float* x, int width, float* weight, float* bias, float epsilon, float* y) =>
        RowKernels<TLanes>.LayerNorm(x, width, weight, bias, epsilon, y);

    public override void Add(float* x, float* y, long count) => RowKernels<TLanes>.Add(x, y, count);

    public override void Scale(float* x, long count, float factor) => RowKernels<TLanes>.Scale(x, count, factor);

    public override void AddScaled(float* x, long count, float factor, float* y) => RowKernels<TLanes>.AddScaled(x, count, factor, y);

    public override void SoftCap(float* x, long count, float cap) => RowKernels<TLanes>.SoftCap(x, count, cap);

    public override void Activate(Activation activation, float* x, float* up, int width, float* y) =>
        RowKernels<TLanes>.Activate(activation, x, up, width, y);

    public override void SiluGate(float* gate, float* up, int width, float* y) => RowKernels<TLanes>.SiluGate(gate, up, width, y);

    public override void Convolve(in MixerCall call, int firstRow, int endRow) => MixerKernel<TLanes>.Convolve(call, firstRow, endRow);

    public override void Scan(in MixerCall call, int firstHead, int endHead) => MixerKernel<TLanes>.Scan(call, firstHead, endHead);

    public override void Remember(in MixerCall call) => MixerKernel<TLanes>.Remember(call);

    public override void Rope(float* x, float* cosSin, int half) => RowKernels<TLanes>.Rope(x, cosSin, half);

    public override void Attend(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int tileShift) =>
        AttentionKernel<TLanes>.Run(batch, block, head, scratch, tileShift);

    public override void AttendWithMass(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, in KeptTiles kept, float* columns) =>
        AttentionKernel<TLanes>.RunWithMass(batch, block, head, scratch, kept, columns);

    public override void AttendSplit(
        in AttentionBatch batch, in RowBlock block, int head, long split, AttentionScratch scratch, float* partial) =>
        AttentionKernel<TLanes>.RunSplit(batch, block, head, split, scratch, partial);

    public override void MergeSplits(
        in AttentionBatch batch, in RowBlock block, int head, float* partials, int count, AttentionScratch scratch) =>
        AttentionKernel<TLanes>.MergeSplits(batch, block, head, partials, count, scratch);

    public override void Observe(
        in AttentionBatch batch, in AttentionProbe probe, in RowBlock block, int head, AttentionScratch scratch, float* columns, float* ranges) =>
        ProbeKernel<TLanes>.Run(batch, probe, block, head, scratch, columns, ranges);

    public override void Survey(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int length, float* scores, int stride, float* columns, float* diagonals) =>
        SurveyKernel<TLanes>.Run(batch, block, head, scratch, length, scores, stride, columns, diagonals);

    public override void AverageHeads(float* sums, long stride, int kvHeads, int queryHeads, long count, float* result, bool accumulate) =>
        ProbeKernel<TLanes>.Average(sums, stride, kvHeads, queryHeads, count, result, accumulate);

    private static void Quantized(in MatMulCall call, int firstPanel, int endPanel, int firstRow, int endRow)
    {
        var first = call.FirstK / 32;
        var end = call.EndK / 32;
        var group = call.Part.Form.GroupBlocks;
        var slices = endRow - firstRow <= TTile.MaxRows ? 1 : (end - first + SliceBlocks - 1) / SliceBlocks;
        for (var s = 0; s < slices; s++)
            Slice(call, firstPanel, endPanel, firstRow, endRow, Border(s), Border(s + 1));

        // Whole super-blocks.
        int Border(int slice) => slice == slices ? end : first + ((end - first) * slice / slices / group * group);
    }

    private static void Slice(in MatMulCall call, int firstPanel, int endPanel, int firstRow, int endRow, int firstBlock, int endBlock)
    {
        var edge = stackalloc float[TTile.MaxRows * PackedPart.PanelColumns];
        var rows = endRow - firstRow;
        var tiles = (rows + TTile.MaxRows - 1) / TTile.MaxRows;
        var full = Math.Min(endPanel, call.Part.Columns / PackedPart.PanelColumns);
        for (var panel = firstPanel; panel < endPanel;)
        {
            // Few rows stream through all panels in one call.
            var panels = tiles == 1 && panel < full ? full - panel : 1;
            for (var t = 0; t < tiles; t++)
            {
                var row = firstRow + (rows * t / tiles);
                var tile = new QuantTileCall
                {
                    Part = call.Part,
                    Panel = panel,
                    Panels = panels,
                    X = call.Blocks,
                    Row = row,
                    Rows = firstRow + (rows * (t + 1) / tiles) - row,
                    FirstBlock = firstBlock,
                    EndBlock = endBlock,
                    Resume = firstBlock > call.FirstK / 32,
                    Y = call.Result(row, panel),
                    Stride = call.Stride,
                };
                if (panel < full)
                    TTile.Run(tile);
                else
                    RunEdge(call, tile, edge);
            }

            panel += panels;
        }
    }

    /// <summary>The last panel, when it has fewer than 32 columns: nothing is written behind them.</summary>
    private static void RunEdge(in MatMulCall call, QuantTileCall tile, float* edge)
    {
        tile.Y = edge;
        tile.Stride = PackedPart.PanelColumns;
        if (tile.Resume)
            CopyEdge(call, edge, tile.Panel, tile.Row, tile.Rows, toResult: false);
        TTile.Run(tile);
        CopyEdge(call, edge, tile.Panel, tile.Row, tile.Rows, toResult: true);
    }

    private static void Floats<TFormat>(in MatMulCall call, int firstPanel, int endPanel, int firstRow, int endRow)
        where TFormat : struct, IFloatFormat
    {
        var edge = stackalloc float[FloatRows * PackedPart.PanelColumns];
        for (var panel = firstPanel; panel < endPanel; panel++)
        {
            var whole = (panel + 1) * PackedPart.PanelColumns <= call.Part.Columns;
            var stride = whole ? call.Stride : PackedPart.PanelColumns;
            for (var row = firstRow; row < endRow;)
            {
                var rows = row + FloatRows <= endRow ? FloatRows : 1;
                var x = call.X + ((long)row * call.Part.Depth);
                var y = whole ? call.Result(row, panel) : edge;
                if (rows == FloatRows)
                    FloatTile.Four<TLanes, TFormat>(call.Part, panel, x, call.FirstK, call.EndK, y, stride);
                else
                    FloatTile.One<TLanes, TFormat>(call.Part, panel, x, call.FirstK, call.EndK, y);
                if (!whole)
                    CopyEdge(call, edge, panel, row, rows, toResult: true);
                row += rows;
            }
        }
    }

    private static void CopyEdge(in MatMulCall call, float* edge, int panel, int row, int rows, bool toResult)
    {
        var columns = call.Part.Columns - (panel * PackedPart.PanelColumns);
        for (var r = 0; r < rows; r++)
        {
            var inner = new Span<float>(edge + (r * PackedPart.PanelColumns), columns);
            var result = new Span<float>(call.Result(row + r, panel), columns);
            if (toResult)
                inner.CopyTo(result);
            else
                result.CopyTo(inner);
        }
    }
}

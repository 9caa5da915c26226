namespace Kvasir.KvCache.Reading;

/// <summary>
/// A-shape: every query of the prompt reads the first rows and the last ones before it (Xiao et al. 2023 as a prefill pattern; SCBench, Li et
/// al. 2024, section 3). Tri-shape: the last queries of the prompt read everything. The answer reads everything in both.
/// </summary>
/// <param name="name">The published name.</param>
/// <param name="denseRows">Last queries of the prompt that read everything: 100 in Tri-shape, 0 in A-shape.</param>
/// <remarks>
/// Queries of a block of 64 read the same rows, so that all but the block's first may see up to 63 rows more than the window has. The first
/// rows are 128, or an eighth of a budget that is smaller than 1,024; the window is the rest of it.
/// </remarks>
public sealed class ShapePolicy(string name, int denseRows) : IReadingPolicy
{
    private const int MostSinks = 128;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool ShapesPrompt => true;

    /// <inheritdoc/>
    public RowReader Start(ReadingShape shape) => new Reader(shape, denseRows);

    private sealed class Reader(ReadingShape shape, int denseRows) : RowReader
    {
        private readonly int _sinks = Math.Min(MostSinks, shape.Budget / 8);

        public override int SparseEnd { get; } = Math.Max(0, shape.Point - denseRows);

        public override bool Select(in ReadingBlock block, RowRanges ranges)
        {
            ranges.Add(0, _sinks);
            ranges.Add(block.Start - (shape.Budget - _sinks) + 1, block.Start);
            return true;
        }
    }
}

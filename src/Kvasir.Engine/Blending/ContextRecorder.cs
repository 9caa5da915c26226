using Kvasir.Engine.Policies;
using Kvasir.KvCache.Chunks;

namespace Kvasir.Engine.Blending;

/// <summary>
/// Takes down what the rows of computed parts look at, layer by layer, while a prompt is computed: what Cache-Craft keeps beside a chunk
/// (<see cref="ChunkContext"/>). Sums run over rows in ascending order in every layer, so they do not depend on how the prompt was cut.
/// </summary>
internal sealed class ContextRecorder
{
    private readonly PromptSegments _segments;
    private readonly int _layers;
    private readonly Record?[] _records;
    private readonly int _firstRow;
    private readonly int _endRow;
    private readonly int _ranges;
    private readonly int _firstContext;
    private readonly MassQuery _query = new();

    /// <summary>Sums of one part.</summary>
    private sealed class Record(int layers, int ranges, int rows)
    {
        /// <summary>Mass of all rows on every segment up to the part itself <c>[layers, ranges]</c>.</summary>
        public double[] Mass { get; } = new double[layers * ranges];

        /// <summary>Mass of every row on what stands between the system text and the part, summed over layers.</summary>
        public double[] Scores { get; } = new double[rows];

        /// <summary>Rows times layers that were seen.</summary>
        public long Seen { get; set; }
    }

    /// <summary>Creates a recorder of the parts that begin at or behind a position and are computed.</summary>
    /// <param name="segments">The prompt.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="isComputed">True for segments all rows of which will be computed.</param>
    public ContextRecorder(PromptSegments segments, int layers, Func<PromptSegments.Segment, bool> isComputed)
    {
        _segments = segments;
        _layers = layers;
        _firstContext = segments.HasSystemText ? 1 : 0;
        _records = new Record?[segments.Items.Count];
        _firstRow = int.MaxValue;
        for (var i = 0; i < _records.Length; i++)
        {
            var segment = segments.Items[i];
            if (!segment.IsPart || !isComputed(segment))
                continue;
            _records[i] = new Record(layers, i + 1, segment.Length);
            _firstRow = Math.Min(_firstRow, segment.Start);
            _endRow = segment.End;
            _ranges = i + 1;
        }
    }

    /// <summary>True when there is anything to record.</summary>
    public bool IsEmpty => _ranges == 0;

    /// <summary>What to ask for in a layer; null when none of the rows is recorded.</summary>
    public MassQuery? Ask(ReadOnlySpan<int> positions)
    {
        var first = positions.BinarySearch(_firstRow);
        first = first < 0 ? ~first : first;
        var end = positions.BinarySearch(_endRow);
        end = end < 0 ? ~end : end;
        _query.RowCount = 0;
        if (end <= first)
            return null;
        _query.Reserve(end - first, 0, _ranges);
        _query.FirstRow = first;
        _query.RowCount = end - first;
        _query.RangeCount = _ranges;
        for (var i = 0; i < _ranges; i++)
        {
            _query.RangeStarts[i] = _segments.Items[i].Start;
            _query.RangeEnds[i] = _segments.Items[i].End;
        }

        return _query;
    }

    /// <summary>Takes down the answer to <see cref="Ask"/>.</summary>
    public void Take(int layer, ReadOnlySpan<int> positions)
    {
        var segment = 0;
        for (var row = 0; row < _query.RowCount; row++)
        {
            var position = positions[_query.FirstRow + row];
            while (position >= _segments.Items[segment].End)
                segment++;
            if (_records[segment] is not { } record)
                continue;
            var mass = _query.RangeMass.AsSpan(row * _ranges, segment + 1);
            var before = 0.0;
            for (var i = 0; i <= segment; i++)
            {
                record.Mass[(layer * (segment + 1)) + i] += mass[i];
                before += i >= _firstContext && i < segment ? mass[i] : 0;
            }

            record.Scores[position - _segments.Items[segment].Start] += before;
            record.Seen++;
        }
    }

    /// <summary>What was recorded of a segment; null when it was not, or not all of it.</summary>
    public ChunkContext? Of(int segment)
    {
        if (_records[segment] is not { } record || record.Seen != (long)_layers * _segments.Items[segment].Length)
            return null;
        var inter = new double[segment];
        var intra = 0.0;
        for (var layer = 0; layer < _layers; layer++)
        {
            for (var i = 0; i < segment; i++)
                inter[i] += record.Mass[(layer * (segment + 1)) + i] / _layers;
            intra += record.Mass[(layer * (segment + 1)) + segment] / _layers;
        }

        return new ChunkContext
        {
            Before = _segments.Before(segment),
            HasSystemText = _segments.HasSystemText,
            BeforeLengths = [.. _segments.Items.Take(segment).Select(item => item.Length)],
            Inter = inter,
            Intra = intra,
            TokenScores = Array.ConvertAll(record.Scores, score => (float)(score / _layers)),
        };
    }
}

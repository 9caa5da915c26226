namespace Kvasir.Engine.Plans;

/// <summary>
/// What is to be done for a sequence: spans that cover its positions in order, each shared, to be computed, or reused approximately with
/// some of its rows computed again. Work is taken from it in steps of any size; decoding extends it by one position at a time.
/// </summary>
/// <remarks>All reuse, whatever its origin, is spans; this is why methods compose.</remarks>
public sealed class ForwardPlan
{
    private readonly List<PlanSpan> _spans = [];
    private readonly List<int> _repairs = [];
    private int _spanIndex;
    private int _repairIndex;

    /// <summary>Creates a plan for layers <c>[0, layerEnd)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="layerEnd"/> is not positive.</exception>
    public ForwardPlan(int layerEnd)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layerEnd);
        LayerEnd = layerEnd;
    }

    /// <summary>The rows pass layers <c>[0, LayerEnd)</c>.</summary>
    public int LayerEnd { get; }

    /// <summary>The spans, ascending, without gaps; neighbours have different origins.</summary>
    public IReadOnlyList<PlanSpan> Spans => _spans;

    /// <summary>Positions that the plan covers.</summary>
    public int Length => _spans.Count == 0 ? 0 : _spans[^1].End;

    /// <summary>First position that is still to be computed; <see cref="Length"/> when nothing is left.</summary>
    public int NextPosition { get; private set; }

    /// <summary>Positions still to be computed.</summary>
    public int Remaining
    {
        get
        {
            var remaining = _repairs.Count - _repairIndex;
            for (var i = _spanIndex; i < _spans.Count; i++)
            {
                if (_spans[i].Origin == SpanOrigin.Computed)
                    remaining += _spans[i].End - Math.Max(_spans[i].Start, NextPosition);
            }

            return remaining;
        }
    }

    /// <summary>Appends a span; it joins the last one when the origins are equal.</summary>
    public void Append(int length, SpanOrigin origin)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
            return;
        if (_spans.Count > 0 && _spans[^1].Origin == origin)
            _spans[^1] = _spans[^1] with { Length = _spans[^1].Length + length };
        else
            _spans.Add(new PlanSpan(Length, length, origin));
        SkipShared();
    }

    /// <summary>Names the rows of blended spans that are computed again. Before anything was taken.</summary>
    /// <param name="positions">Positions of blended spans, ascending.</param>
    public void SetRepairs(IReadOnlyList<int> positions)
    {
        _repairs.Clear();
        _repairs.AddRange(positions);
        _repairIndex = 0;
        _spanIndex = 0;
        NextPosition = 0;
        SkipShared();
    }

    /// <summary>
    /// Takes the next positions to compute, ascending, and writes them to <paramref name="positions"/>; at most as many as fit, and
    /// none at or behind <paramref name="before"/> (a selection point of a layer policy is never crossed within a step).
    /// </summary>
    public WorkItem Take(Span<int> positions, int before = int.MaxValue)
    {
        var count = 0;
        while (count < positions.Length && NextPosition < Length && NextPosition < before)
        {
            if (_repairIndex < _repairs.Count && _repairs[_repairIndex] == NextPosition)
                _repairIndex++;
            positions[count++] = NextPosition++;
            SkipShared();
        }

        return new WorkItem(count, LayerEnd);
    }

    /// <summary>Moves to the next position that is to be computed. The last span stays current, since it may still grow.</summary>
    private void SkipShared()
    {
        while (_spanIndex < _spans.Count)
        {
            var span = _spans[_spanIndex];
            if (span.Origin == SpanOrigin.Computed && NextPosition < span.End)
                return;
            if (span.Origin == SpanOrigin.Blended && _repairIndex < _repairs.Count && _repairs[_repairIndex] < span.End)
            {
                NextPosition = _repairs[_repairIndex];
                return;
            }

            NextPosition = span.End;
            if (_spanIndex == _spans.Count - 1)
                return;
            _spanIndex++;
        }
    }
}

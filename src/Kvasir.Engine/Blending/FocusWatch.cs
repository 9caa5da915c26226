using Kvasir.Engine.Policies;
using Kvasir.KvCache.Blending;

namespace Kvasir.Engine.Blending;

/// <summary>
/// Follows which reused chunks the question looks at, layer by layer, so that the repair of the others may end early (Cache-Craft, section 3,
/// adaptive early termination).
/// </summary>
internal sealed class FocusWatch
{
    private readonly IBlendPolicy _policy;
    private readonly BlendSpan[] _spans;
    private readonly int _layers;
    private readonly int _questionStart;
    private readonly int _questionEnd;
    private readonly float[] _mass;
    private readonly bool[] _ended;
    private readonly MassQuery _query = new();
    private int _layersDone;

    public FocusWatch(IBlendPolicy policy, BlendSpan[] spans, in BlendShape shape)
    {
        _policy = policy;
        _spans = spans;
        _layers = shape.Layers;
        _questionStart = spans[^1].End;
        _questionEnd = shape.PromptLength;
        _mass = new float[_layers * spans.Length];
        _ended = new bool[spans.Length];
    }

    /// <summary>Asks for the question's mass on the chunks.</summary>
    public void Ask(ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
        var first = positions.BinarySearch(_questionStart);
        first = first < 0 ? ~first : first;
        var end = positions.BinarySearch(_questionEnd);
        end = end < 0 ? ~end : end;
        _query.RowCount = end - first;
        if (end == first)
            return;
        _query.Reserve(end - first, 0, _spans.Length);
        _query.FirstRow = first;
        _query.RangeCount = _spans.Length;
        for (var i = 0; i < _spans.Length; i++)
        {
            _query.RangeStarts[i] = _spans[i].Start;
            _query.RangeEnds[i] = _spans[i].End;
        }

        queries.Add(_query);
    }

    /// <summary>Takes down the answer; true when the repair of more chunks has ended.</summary>
    public bool Take()
    {
        for (var row = 0; row < _query.RowCount; row++)
        {
            for (var i = 0; i < _spans.Length; i++)
                _mass[(_layersDone * _spans.Length) + i] += _query.RangeMass[(row * _spans.Length) + i];
        }

        _layersDone++;
        var before = _ended.AsSpan().Count(true);
        if (_layersDone < _layers)
        {
            _policy.EndSpans(
                new FocusSnapshot
                {
                    LayersDone = _layersDone,
                    Layers = _layers,
                    Spans = _spans.Length,
                    Mass = _mass.AsSpan(0, _layersDone * _spans.Length),
                },
                _ended);
        }

        return _ended.AsSpan().Count(true) > before;
    }

    /// <summary>True when the repair of the chunk at a position has ended.</summary>
    public bool HasEnded(int span) => _ended[span];
}

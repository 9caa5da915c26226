using Kvasir.Engine.Policies;
using Kvasir.KvCache.Blending;

namespace Kvasir.Engine.Blending;

/// <summary>
/// Follows which reused rows the answer's tokens look at, and has the policy choose those that are computed again beside the next one
/// (KVShare, second stage of its selection).
/// </summary>
internal sealed class AnswerWatch(IBlendPolicy policy, ReusedRows rows, int layers)
{
    /// <summary>Layers from one look to the next; the last layer is looked at.</summary>
    private const int Stride = 4;

    private readonly float[] _mass = new float[rows.Count];
    private readonly float[] _left = new float[rows.Count];
    private readonly List<int> _chosen = [];
    private readonly MassQuery _query = new();
    private bool _hasSeen;

    /// <summary>Most rows that are chosen at once.</summary>
    public int MostRepairs => policy.AnswerRepairs;

    /// <summary>Asks for the mass of the newest token.</summary>
    public void Ask(int layer, ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
        if (!Looks(layer))
            return;
        var spans = rows.Spans;
        _query.Reserve(1, spans[^1].End - spans[0].Start, 0);
        _query.FirstRow = positions.Length - 1;
        _query.RowCount = 1;
        _query.FirstColumn = spans[0].Start;
        _query.ColumnCount = spans[^1].End - spans[0].Start;
        queries.Add(_query);
    }

    /// <summary>Takes down the answer to <see cref="Ask"/>.</summary>
    public void Take(int layer)
    {
        if (!Looks(layer))
            return;
        if (layer < Stride)
            Array.Clear(_mass);
        var first = rows.Spans[0].Start;
        foreach (var span in rows.Spans)
        {
            for (var i = 0; i < span.Length; i++)
                _mass[span.FirstIndex + i] += _query.ColumnMass[span.Start - first + i];
        }

        _hasSeen = true;
    }

    /// <summary>Chooses rows to be computed again; their positions, ascending.</summary>
    public int Choose(Span<int> positions)
    {
        if (!_hasSeen)
            return 0;
        for (var i = 0; i < _left.Length; i++)
            _left[i] = rows.Repaired[i] ? 0 : rows.Deviation[i];
        _chosen.Clear();
        policy.SelectForAnswer(new AnswerSnapshot { Mass = _mass, Deviation = _left }, _chosen);
        var count = Math.Min(_chosen.Count, positions.Length);
        for (var i = 0; i < count; i++)
        {
            rows.Repaired[_chosen[i]] = true;
            positions[i] = rows.PositionOf(_chosen[i]);
        }

        return count;
    }

    private bool Looks(int layer) => (layers - 1 - layer) % Stride == 0;
}

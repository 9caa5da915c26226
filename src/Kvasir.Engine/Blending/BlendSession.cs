using Kvasir.Engine.Policies;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Blending;

/// <summary>
/// The blending of one running sequence: looks at the reused rows where the policy wants to know how far they are off, has it choose those
/// that are computed again, and follows their repair through the layers.
/// </summary>
/// <remarks>
/// A prompt goes through two phases. In the first all its rows up to the last reused one pass the layers up to the check layer, where their
/// keys and values are compared with the reused ones, and nothing of the chunks' rows is kept; or the question's rows pass all layers, and
/// what they look at is taken down. Then the policy chooses, and the rows to be
/// computed pass all layers as in any other prompt. The choice is made once for the whole prompt, never for a part that happened to be in a
/// step.
/// </remarks>
internal sealed class BlendSession : ILayerPolicy
{
    private readonly IBlendPolicy _policy;
    private readonly BlendShape _shape;
    private readonly MassQuery _columns = new();
    private readonly List<int> _going = [];
    private readonly FocusWatch? _focus;
    private readonly AnswerWatch? _answer;
    private readonly bool _asksFirst;

    /// <param name="request">What was asked for.</param>
    /// <param name="policy">The request's policy, as it is used here.</param>
    /// <param name="segments">The prompt.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="table">The table; null when nothing is reused and the session only records.</param>
    /// <param name="spans">What is reused.</param>
    /// <param name="recorder">Takes down what computed parts look at; null when nobody wants to know.</param>
    public BlendSession(
        BlendRequest request, IBlendPolicy policy, PromptSegments segments, BlendShape shape, BlendTable? table, BlendSpan[] spans, ContextRecorder? recorder)
    {
        Segments = segments;
        Table = table;
        Recorder = recorder is { IsEmpty: false } ? recorder : null;
        Request = request;
        _policy = policy;
        _shape = shape;
        NextProbe = shape.ExactPrefix;
        _asksFirst = Wants(BlendSignals.QuestionColumns);
        if (table is null)
            return;
        Rows = new ReusedRows(table, spans, shape.KeyWidth);
        IsProbing = Wants(BlendSignals.Deviation | BlendSignals.ColumnMass | BlendSignals.QuestionColumns);
        _focus = Wants(BlendSignals.QuestionMass) ? new FocusWatch(_policy, spans, shape) : null;
        _answer = Wants(BlendSignals.AnswerMass) && _policy.AnswerRepairs > 0 ? new AnswerWatch(_policy, Rows, shape.Layers) : null;
    }

    public BlendRequest Request { get; }

    public PromptSegments Segments { get; }

    public BlendTable? Table { get; }

    /// <summary>The reused rows; null when there are none.</summary>
    public ReusedRows? Rows { get; }

    public ContextRecorder? Recorder { get; }

    /// <summary>Chunks that were not in the pool.</summary>
    public IReadOnlyList<LoadingRun> Loads { get; init; } = [];

    /// <summary>True once the session's references to the blocks of <see cref="Loads"/> were given up.</summary>
    public bool HasLetGo { get; set; }

    public BlendCounters Counters { get; } = new();

    public string Name => Request.Policy.Name;

    public bool AllowsPrefixReuse => true;

    /// <summary>The policy, as it is used here.</summary>
    public IBlendPolicy Policy => _policy;

    /// <summary>True in the first phase.</summary>
    public bool IsProbing { get; private set; }

    /// <summary>Layers that the rows of the first phase pass: to the check layer, or all of them when the question is asked first.</summary>
    public int ProbeLayers => _asksFirst ? _shape.Layers : CheckLayer + 1;

    /// <summary>The first position that the first phase has not taken yet.</summary>
    public int NextProbe { get; private set; }

    /// <summary>Most rows that are left of it.</summary>
    public int ProbeRows => ProbeEnd - NextProbe;

    /// <summary>True once the prompt's rows are computed.</summary>
    public bool IsPromptDone { get; private set; }

    /// <summary>
    /// Rows that a step must have room for when it takes the first of them, because they are compared with one another on their way; 0 when
    /// they may be taken in any parts.
    /// </summary>
    public int RowsTogether { get; private set; }

    /// <summary>Most reused rows that are computed again beside the next token of the answer.</summary>
    public int MostAnswerRepairs => IsPromptDone ? _answer?.MostRepairs ?? 0 : 0;

    /// <summary>True when the session has to be asked in the next step.</summary>
    public bool IsListening => !IsPromptDone || _answer is not null;

    /// <summary>The layer at which reused rows are compared: the first whose input depends on other rows.</summary>
    private int CheckLayer => Math.Min(1, _shape.Layers - 1);

    private int ReusableEnd => Rows!.Spans[^1].End;

    /// <summary>Takes the next positions of the first phase.</summary>
    public int TakeProbe(Span<int> positions)
    {
        var count = 0;
        for (; count < positions.Length && NextProbe < ProbeEnd; NextProbe++)
        {
            if (!_asksFirst || Table!.HitAt(NextProbe) < 0)
                positions[count++] = NextProbe;
        }

        return count;
    }

    /// <summary>After a step of the first phase: true when it has ended.</summary>
    public bool EndProbeStep()
    {
        IsProbing = NextProbe < ProbeEnd;
        if (!IsProbing && !_asksFirst && Wants(BlendSignals.ColumnMass))
            TakeAllColumns();
        return !IsProbing;
    }

    /// <summary>Has the policy choose; returns the positions that are computed again, ascending.</summary>
    /// <param name="seed">Depends on the prompt only.</param>
    /// <param name="maxTogether">Most rows that a step can be relied on to have room for.</param>
    public IReadOnlyList<int> Select(ulong seed, int maxTogether)
    {
        var rows = Rows!;
        var chosen = new List<int>();
        _policy.Select(
            new BlendSnapshot
            {
                Spans = rows.Spans,
                Rows = rows.Count,
                PromptLength = _shape.PromptLength,
                Deviation = Wants(BlendSignals.Deviation) ? rows.Deviation : [],
                ColumnMass = Wants(BlendSignals.ColumnMass | BlendSignals.QuestionColumns) ? rows.ColumnMass : [],
                QueryEnd = ProbeEnd,
                Seed = seed,
            },
            chosen);
        for (var i = 0; i < chosen.Count; i++)
        {
            rows.Repaired[chosen[i]] = true;
            chosen[i] = rows.PositionOf(chosen[i]);
        }

        Table!.KeepsRepairs = true;
        var together = _shape.KnownLength - _shape.ExactPrefix - rows.Count + chosen.Count;
        if (chosen.Count > 0 && (_focus is not null || IsGradual) && together <= maxTogether)
            RowsTogether = together;
        return chosen;
    }

    /// <summary>The prompt's last row is computed.</summary>
    public void EndPrompt()
    {
        IsPromptDone = true;
        RowsTogether = 0;
    }

    /// <summary>Chooses reused rows to be computed again beside the answer's next token; their positions, ascending.</summary>
    public int TakeAnswerRepairs(Span<int> positions)
    {
        var count = MostAnswerRepairs == 0 ? 0 : _answer!.Choose(positions);
        Counters.AnswerRepairs += count;
        return count;
    }

    public void AskMass(int layer, ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
        if (IsProbing)
        {
            if (_asksFirst && layer >= _shape.Layers / 2 && positions[^1] >= ReusableEnd)
                queries.Add(QuestionColumns(positions));
            else if (!_asksFirst && layer == CheckLayer && Wants(BlendSignals.ColumnMass))
                queries.Add(AllColumns(positions));
            return;
        }

        if (Recorder?.Ask(positions) is { } recorded)
            queries.Add(recorded);
        if (IsWhole(positions))
            _focus?.Ask(positions, queries);
        if (positions[^1] >= _shape.KnownLength - 1)
            _answer?.Ask(layer, positions, queries);
    }

    public void AfterKeysValues(in LayerContext context, LayerDecision decision)
    {
        Count(context);
        if (IsProbing)
        {
            if (context.Layer != CheckLayer || _asksFirst)
                return;
            if (Wants(BlendSignals.Deviation))
                Compare(context);
            if (!Wants(BlendSignals.ColumnMass))
                decision.ContinueWith([]);
        }
        else if (IsGradual && context.Layer > 0 && IsWhole(context.Positions))
        {
            Thin(context, decision);
        }
    }

    public void AfterAttention(in LayerContext context, LayerDecision decision)
    {
        if (IsProbing)
        {
            if (_asksFirst && _columns.RowCount > 0)
                TakeQuestionColumns();
            if (!_asksFirst && context.Layer == CheckLayer)
                decision.ContinueWith([]);
            return;
        }

        Recorder?.Take(context.Layer, context.Positions);
        if (context.Positions[^1] >= _shape.KnownLength - 1)
            _answer?.Take(context.Layer);
        if (_focus is not null && IsWhole(context.Positions) && _focus.Take())
            EndRepairs(context, decision);
    }

    /// <summary>What is to be reported of it.</summary>
    public BlendStatistics Report()
    {
        var repaired = Rows?.Repaired ?? [];
        return new BlendStatistics
        {
            Policy = Name,
            BlendedTokens = repaired.Length,
            LoadedTokens = Table?.Hits.Where(hit => Loads.Any(load => load.Run == hit.Run)).Sum(hit => hit.Length) ?? 0,
            RepairedTokens = repaired.AsSpan().Count(true) - Counters.AnswerRepairs,
            PromptTokenLayers = Counters.PromptTokenLayers,
            ProbeTokenLayers = Counters.ProbeTokenLayers,
            RepairTokenLayers = Counters.RepairTokenLayers,
            TerminatedTokenLayers = Counters.TerminatedTokenLayers,
            AnswerRepairs = Counters.AnswerRepairs,
            EstimatedDeviation = Rows?.Residual(_policy.Deviation),
            Reused = Reused(),
        };
    }

    private bool IsGradual => _policy.ShareAbove(_shape.Layers - 1, _shape.Layers) < 1;

    private bool Wants(BlendSignals signals) => (_policy.Signals & signals) != 0;

    /// <summary>True when a step has all rows of the repair together.</summary>
    private bool IsWhole(ReadOnlySpan<int> positions) => RowsTogether > 0 && positions[^1] == _shape.KnownLength - 1;

    /// <summary>Where the first phase ends.</summary>
    private int ProbeEnd => _asksFirst ? _shape.PromptLength : ReusableEnd;

    /// <summary>Asks for the mass of all rows up to the last reused one, which is added up along with attention, from step to step.</summary>
    private MassQuery AllColumns(ReadOnlySpan<int> positions)
    {
        if (_columns.HeadColumnMass.Length == 0)
            _columns.ReserveHeadColumns(_shape.KvHeads, ReusableEnd);
        (_columns.FirstRow, _columns.RowCount) = (0, positions.Length);
        return _columns;
    }

    /// <summary>Asks for the mass of the question's rows.</summary>
    private MassQuery QuestionColumns(ReadOnlySpan<int> positions)
    {
        var first = Rows!.Spans[0].Start;
        _columns.FirstRow = 0;
        while (positions[_columns.FirstRow] < ReusableEnd)
            _columns.FirstRow++;
        _columns.RowCount = positions.Length - _columns.FirstRow;
        _columns.Reserve(_columns.RowCount, ReusableEnd - first, 0);
        _columns.FirstColumn = first;
        _columns.ColumnCount = ReusableEnd - first;
        return _columns;
    }

    private void TakeAllColumns()
    {
        _columns.EndHeadColumns();
        for (var head = 0; head < _shape.KvHeads; head++)
            AddColumns(_columns.HeadColumnMass.AsSpan(head * ReusableEnd, ReusableEnd), first: 0, 1f / _shape.QueryHeads);
    }

    private void TakeQuestionColumns()
    {
        AddColumns(_columns.ColumnMass, Rows!.Spans[0].Start, 1);
        _columns.RowCount = 0;
    }

    private void AddColumns(ReadOnlySpan<float> mass, int first, float factor)
    {
        foreach (var span in Rows!.Spans)
        {
            for (var i = 0; i < span.Length; i++)
                Rows.ColumnMass[span.FirstIndex + i] += factor * mass[span.Start - first + i];
        }
    }

    private void Count(in LayerContext context)
    {
        if (IsPromptDone)
            return;
        Counters.PromptTokenLayers += context.Positions.Length;
        if (IsProbing)
            Counters.ProbeTokenLayers += context.Positions.Length;
        else if (Rows is not null)
            Counters.RepairTokenLayers += ReusedIn(context.Positions);
    }

    private int ReusedIn(ReadOnlySpan<int> positions)
    {
        var count = 0;
        foreach (var position in positions)
            count += Table!.HitAt(position) >= 0 ? 1 : 0;
        return count;
    }

    private void Compare(in LayerContext context)
    {
        for (var row = 0; row < context.Positions.Length; row++)
        {
            var position = context.Positions[row];
            if (Table!.HitAt(position) >= 0)
                Rows!.Compare(context.Layer, position, _policy.Deviation, Row(context.Keys, context, row), Row(context.Values, context, row));
        }
    }

    /// <summary>Gradual filtering: of the repaired rows those that deviate most in this layer go on (CacheBlend, section 4.3).</summary>
    private void Thin(in LayerContext context, LayerDecision decision)
    {
        var keep = (int)Math.Ceiling(_policy.ShareAbove(context.Layer, _shape.Layers) * Rows!.Count);
        var reused = ReusedIn(context.Positions);
        if (reused <= keep)
            return;
        var candidates = new List<(float Distance, int Row)>(reused);
        for (var row = 0; row < context.Positions.Length; row++)
        {
            var position = context.Positions[row];
            if (Table!.HitAt(position) >= 0)
                candidates.Add((-Rows.Distance(context.Layer, position, _policy.Deviation, Row(context.Keys, context, row), Row(context.Values, context, row)), row));
        }

        candidates.Sort();
        var left = candidates.Skip(keep).Select(candidate => candidate.Row).ToHashSet();
        Continue(context, decision, row => !left.Contains(row));
    }

    /// <summary>The repair of chunks that the question does not look at ends.</summary>
    private void EndRepairs(in LayerContext context, LayerDecision decision)
    {
        var positions = context.Positions.ToArray();
        Continue(context, decision, row => Table!.HitAt(positions[row]) is var span && (span < 0 || !_focus!.HasEnded(span)));
    }

    private void Continue(in LayerContext context, LayerDecision decision, Func<int, bool> goesOn)
    {
        _going.Clear();
        for (var row = 0; row < context.Positions.Length; row++)
        {
            if (goesOn(row))
                _going.Add(row);
        }

        Counters.TerminatedTokenLayers += (long)(context.Positions.Length - _going.Count) * (_shape.Layers - 1 - context.Layer);
        decision.ContinueWith(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_going));
    }

    private ReadOnlySpan<float> Row(ReadOnlySpan<float> rows, in LayerContext context, int row) => rows.Slice(row * context.Stride, _shape.KeyWidth);

    private IReadOnlyList<ReusedChunk> Reused()
    {
        if (Rows is null)
            return [];
        var reused = new List<ReusedChunk>();
        for (var i = 0; i < Rows.Spans.Length; i++)
        {
            var span = Rows.Spans[i];
            reused.Add(new ReusedChunk(
                span.Start, span.Length, Table!.Hits[i].PositionOffset, Rows.Repaired.AsSpan(span.FirstIndex, span.Length).Count(true)));
        }

        return reused;
    }
}

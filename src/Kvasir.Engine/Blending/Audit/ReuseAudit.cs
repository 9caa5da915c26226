using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Verification;

namespace Kvasir.Engine.Blending.Audit;

/// <summary>
/// Draws answers with approximate reuse, runs them again without it in idle time, and compares. The engine's thread uses it; a shadow run
/// gives way as soon as anybody asks for anything.
/// </summary>
internal sealed class ReuseAudit
{
    private readonly AuditOptions _options;
    private readonly LinkedList<AuditItem> _waiting = new();
    private readonly Dictionary<(string Tenant, string Policy), AuditWindow> _windows = [];
    private double _drawn;
    private AuditItem? _item;
    private Sequence? _shadow;
    private LogitComparison _first = new();
    private int _agreed;
    private int _tokens;

    public ReuseAudit(AuditOptions options)
    {
        options.Validate();
        _options = options;
    }

    /// <summary>Answers that were to be audited, but too many waited.</summary>
    public long Dropped { get; private set; }

    /// <summary>Answers that wait.</summary>
    public int Waiting => _waiting.Count + (_item is null ? 0 : 1);

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<AuditStatus> Status =>
        [.. _windows.Select(pair => new AuditStatus(
            pair.Key.Tenant, pair.Key.Policy, pair.Value.Audits, pair.Value.Divergence, pair.Value.MaxDivergence, pair.Value.Agreement, pair.Value.IsSwitchedOff))];

    /// <summary>The shadow run under way, or null.</summary>
    public Sequence? Shadow => _shadow;

    /// <summary>True when audits have switched a policy off for a tenant.</summary>
    public bool IsSwitchedOff(string tenant, string policy) => _windows.TryGetValue((tenant, policy), out var window) && window.IsSwitchedOff;

    /// <summary>Decides, when the first logits of an answer are there, whether it will be audited: every so many-th is.</summary>
    public void Draw(Sequence sequence, ReadOnlySpan<float> logits)
    {
        if (_options.Rate == 0 || sequence.Adapter is not null || sequence.Choice > 0 || sequence.BlendReport is not { BlendedTokens: > 0 })
            return;
        _drawn += _options.Rate;
        if (_drawn < 1)
            return;
        _drawn -= 1;
        if (_waiting.Count >= _options.MaxQueued)
            Dropped++;
        else
            sequence.FirstLogits = logits.ToArray();
    }

    /// <summary>An answer has ended well.</summary>
    public void Ended(Sequence sequence)
    {
        if (sequence.FirstLogits is not { } logits || sequence.Output.Count == 0)
            return;
        var answer = sequence.Output.Tokens.ToArray();
        var request = sequence.Request with
        {
            Blending = null,
            Capture = null,
            Choices = 1,
            Continuation = answer,
            MaxTokens = answer.Length,
            StopStrings = [],
            Grammar = null,
            TopLogprobs = null,
            QueueTimeout = null,
            IgnoreStopTokens = true,
        };
        _waiting.AddLast(new AuditItem(sequence.Scope, request, sequence.BlendReport!.Policy, logits));
    }

    /// <summary>The shadow run to begin now that there is nothing else to do; null when no answer waits.</summary>
    public Sequence? Begin()
    {
        if (_shadow is not null || _waiting.First is not { } first)
            return null;
        _waiting.RemoveFirst();
        _item = first.Value;
        (_first, _agreed, _tokens) = (new LogitComparison(), 0, 0);
        var length = _item.Request.MaxTokens!.Value;
        return _shadow = new Sequence(_item.Request, _item.Scope, 0, length, new TokenStream(length, null), long.MaxValue, 0);
    }

    /// <summary>Others want to run: the shadow run begins anew another time.</summary>
    public void GiveWay()
    {
        if (_item is { } item)
            _waiting.AddFirst(item);
        (_item, _shadow) = (null, null);
    }

    /// <summary>Sees the logits of the shadow run, before the next token of the answer is appended.</summary>
    public void Compare(ReadOnlySpan<float> logits)
    {
        var index = _shadow!.AnswerLength;
        if (index == 0)
            _first.Add(logits, _item!.FirstLogits);
        _tokens++;
        _agreed += Largest(logits) == _item!.Request.Continuation!.Value.Span[index] ? 1 : 0;
    }

    /// <summary>The shadow run has ended.</summary>
    public void EndShadow(bool well)
    {
        if (well && _item is { } item)
        {
            var key = (item.Scope.Tenant, item.Policy);
            if (!_windows.TryGetValue(key, out var window))
                _windows[key] = window = new AuditWindow(_options.Window);
            window.Add(_first.MeanDivergence, _agreed, _tokens);
            window.IsSwitchedOff |= window.Count >= _options.MinSamples
                && (window.Divergence > _options.MaxDivergence || window.Agreement < _options.MinAgreement);
        }

        (_item, _shadow) = (null, null);
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        var largest = 0;
        for (var i = 1; i < logits.Length; i++)
            largest = logits[i] > logits[largest] ? i : largest;
        return largest;
    }
}

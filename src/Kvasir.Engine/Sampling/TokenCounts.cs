namespace Kvasir.Engine.Sampling;

/// <summary>How often each token stands in a sequence, for penalties. Grows with the distinct tokens, not with the vocabulary.</summary>
internal sealed class TokenCounts
{
    private readonly Dictionary<int, Entry> _entries = [];

    private readonly record struct Entry(bool InPrompt, int InAnswer);

    public void AddPrompt(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
            _entries[token] = _entries.GetValueOrDefault(token) with { InPrompt = true };
    }

    public void AddAnswer(int token)
    {
        var entry = _entries.GetValueOrDefault(token);
        _entries[token] = entry with { InAnswer = entry.InAnswer + 1 };
    }

    /// <summary>Applies the penalties of <paramref name="options"/>; the order of tokens does not matter, each is changed once.</summary>
    public void Apply(SamplingOptions options, Span<float> logits)
    {
        foreach (var (token, entry) in _entries)
        {
            ref var logit = ref logits[token];
            if (options.RepetitionPenalty != 1)
                logit = logit > 0 ? logit / options.RepetitionPenalty : logit * options.RepetitionPenalty;
            if (entry.InAnswer > 0)
                logit -= options.PresencePenalty + (options.FrequencyPenalty * entry.InAnswer);
        }
    }
}

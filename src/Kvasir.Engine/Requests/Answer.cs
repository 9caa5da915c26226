using Kvasir.Engine.Receipts;
using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Requests;

/// <summary>A finished answer.</summary>
public sealed record Answer
{
    /// <summary>Which of the request's answers this is, from 0.</summary>
    public required int Choice { get; init; }

    /// <summary>Token ids, without the stop token.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The text, without a stop string; empty when the model has no tokenizer.</summary>
    public required string Text { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason Finish { get; init; }

    /// <summary>What it cost and what it reused.</summary>
    public required GenerationStatistics Statistics { get; init; }

    /// <summary>Log-probability of every token, when asked for.</summary>
    public IReadOnlyList<float>? Logprobs { get; init; }

    /// <summary>Most probable tokens at every position, when asked for.</summary>
    public IReadOnlyList<IReadOnlyList<TokenLogprob>>? TopLogprobs { get; init; }

    /// <summary>What replays the answer, when asked for.</summary>
    public Receipt? Receipt { get; init; }
}

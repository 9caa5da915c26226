using Kvasir.Serving.Errors;

namespace Kvasir.Serving.Requests;

/// <summary>
/// Bounds what the answers of one request may take: memory for the longest answer is there from the start, so a few numbers in a body could
/// ask for gigabytes.
/// </summary>
internal static class AnswerLimit
{
    /// <summary>Tokens and alternatives of all answers together, 8 bytes each.</summary>
    private const long MaxEntries = 4 << 20;

    /// <param name="choices">Answers.</param>
    /// <param name="maxTokens">Most tokens of each; what the context leaves when null.</param>
    /// <param name="context">Tokens of the model's context.</param>
    /// <param name="topLogprobs">Alternatives reported a token; null for none.</param>
    /// <exception cref="ApiException">They could take too much.</exception>
    public static void Check(int choices, int? maxTokens, int context, int? topLogprobs)
    {
        var entries = (long)choices * Math.Min(maxTokens ?? context, context) * (1 + (topLogprobs ?? 0));
        if (entries > MaxEntries)
        {
            throw ApiException.Invalid(
                topLogprobs is null ? "n" : "top_logprobs",
                FormattableString.Invariant($"n × max_tokens × (1 + top_logprobs) is {entries}; this server takes {MaxEntries} in one request. Ask for fewer answers, tokens or alternatives"));
        }
    }
}

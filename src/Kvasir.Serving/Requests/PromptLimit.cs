using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;

namespace Kvasir.Serving.Requests;

/// <summary>The operator's limit of prompts.</summary>
internal static class PromptLimit
{
    /// <exception cref="ApiException">The prompt is longer.</exception>
    public static void Check(string field, int tokens, LimitConfiguration limits)
    {
        if (tokens > limits.MaxPromptTokens)
            throw ApiException.Invalid(field, $"the prompt has {tokens} tokens; this server takes {limits.MaxPromptTokens} (limits.maxPromptTokens)", "context_length_exceeded");
    }
}

using System.Text.Json;
using Kvasir.Engine.Requests;

namespace Kvasir.Serving.Requests;

/// <summary>What a request used, as the protocol counts it: the prompt once, all answers.</summary>
/// <param name="PromptTokens">Tokens of the prompts.</param>
/// <param name="CachedTokens">Of those, found in the KV cache when the prompt was begun.</param>
/// <param name="CompletionTokens">Tokens of all answers.</param>
/// <param name="ReasoningTokens">Of those, in reasoning.</param>
internal readonly record struct Usage(int PromptTokens, int CachedTokens, int CompletionTokens, int ReasoningTokens)
{
    /// <summary>Where the prompts' keys and values came from; null where nobody wants to know.</summary>
    public ReuseUsage? Kvasir { get; private init; }

    /// <summary>The usage of one prompt's answers.</summary>
    public static Usage Of(IReadOnlyList<GenerationStatistics> answers, PromptReuse reuse, int reasoningTokens = 0) =>
        new(answers[0].PromptTokens, answers[0].ReusedTokens, answers.Sum(answer => answer.AnswerTokens), reasoningTokens)
        {
            Kvasir = ReuseUsage.Of(reuse, answers[0]),
        };

    public static Usage operator +(Usage a, Usage b) => new(
        a.PromptTokens + b.PromptTokens, a.CachedTokens + b.CachedTokens, a.CompletionTokens + b.CompletionTokens, a.ReasoningTokens + b.ReasoningTokens)
    {
        Kvasir = ReuseUsage.Add(a.Kvasir, b.Kvasir),
    };

    /// <summary>Writes the property <c>usage</c> of chats and completions.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", PromptTokens);
        json.WriteNumber("completion_tokens", CompletionTokens);
        json.WriteNumber("total_tokens", PromptTokens + CompletionTokens);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", CachedTokens);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", ReasoningTokens);
        json.WriteEndObject();
        Kvasir?.Write(json);
        json.WriteEndObject();
    }

    /// <summary>Writes the property <c>usage</c> of responses, which names the same otherwise.</summary>
    public void WriteForResponse(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", PromptTokens);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", CachedTokens);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", CompletionTokens);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", ReasoningTokens);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", PromptTokens + CompletionTokens);
        Kvasir?.Write(json);
        json.WriteEndObject();
    }
}

using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>Makes tokens of texts that are to be embedded.</summary>
internal static class TextTokens
{
    /// <summary>Most tokens of a text.</summary>
    public static int Most(ModelFile model, int maxContext) => Math.Min(maxContext, model.Embedding?.MaxTokens ?? maxContext);

    /// <summary>The prompt's and the text's tokens between those that the files put around them.</summary>
    public static int[] Encode(ModelFile model, string text, TextOptions? options, int most)
    {
        var tokenizer = model.Tokenizer ?? throw new InvalidOperationException($"{model.Path} has no tokenizer; give token ids instead of text");
        var whole = Prompt(model, options?.PromptName) + text;
        var tokens = tokenizer.Encode(model.Embedding is { Lowercase: true } ? whole.ToLowerInvariant() : whole, parseSpecial: false);
        var (prefix, suffix) = Around(model, tokenizer);
        var room = most - prefix.Count - suffix.Count;
        if (tokens.Length <= room)
            return [.. prefix, .. tokens, .. suffix];
        if (options is not { Truncate: true })
            throw new ContextLengthException(tokens.Length + prefix.Count + suffix.Count, most, "shorten the text, or have it cut (truncate)");
        if (room < 1)
            throw new InvalidOperationException($"{model.Path}: {most} tokens a text leave no room beside the {prefix.Count + suffix.Count} around it");
        return [.. prefix, .. tokens.AsSpan(0, room), .. suffix];
    }

    /// <summary>What the files put around a text; of a decoder whose files say nothing of embeddings what comes before every prompt.</summary>
    private static (IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix) Around(ModelFile model, Tokenizer tokenizer) =>
        (tokenizer.Prefix, model.Config.Encoder is not null || model.Embedding is not null ? tokenizer.Suffix : []);

    private static string Prompt(ModelFile model, string? name)
    {
        name ??= model.Embedding?.DefaultPrompt;
        if (string.IsNullOrEmpty(name))
            return "";
        if (model.Embedding?.Prompts.TryGetValue(name, out var prompt) == true)
            return prompt;
        var known = model.Embedding?.Prompts.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
        throw new ArgumentException($"the model's files have no prompt '{name}'; they have {(known.Any() ? string.Join(", ", known) : "none")}", nameof(name));
    }
}

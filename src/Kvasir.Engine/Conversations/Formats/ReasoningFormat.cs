using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>The marks around a model's reasoning.</summary>
internal sealed record ReasoningFormat(string Start, string End)
{
    private static readonly ReasoningFormat[] All =
        [new("<think>", "</think>"), new("[THINK]", "[/THINK]"), new("<seed:think>", "</seed:think>"), new("<|START_THINKING|>", "<|END_THINKING|>")];

    /// <summary>The marks that the template or, failing that, the vocabulary knows.</summary>
    public static ReasoningFormat? Of(string template, Tokenizer? tokenizer) =>
        Array.Find(All, f => template.Contains(f.End, StringComparison.Ordinal) || template.Contains(f.Start, StringComparison.Ordinal))
        ?? Array.Find(All, f => tokenizer?.Find(f.Start) is not null && tokenizer.Find(f.End) is not null);
}

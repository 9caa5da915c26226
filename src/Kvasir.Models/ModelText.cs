namespace Kvasir.Models;

/// <summary>What a model file says about text: tokenizer, chat template, stop tokens, name.</summary>
internal sealed record ModelText(Tokenizer? Tokenizer, ChatTemplate? ChatTemplate, IReadOnlyList<int> StopTokens, string? Name)
{
    /// <summary>The template for conversations with functions, where the files have one of its own.</summary>
    public ChatTemplate? ToolTemplate { get; init; }

    /// <summary>How texts become vectors, where the files say it.</summary>
    public EmbeddingSettings? Embedding { get; init; }
}

namespace Kvasir.Models;

/// <summary>What a model file says about text: tokenizer, chat template, stop tokens, name.</summary>
internal sealed record ModelText(Tokenizer? Tokenizer, ChatTemplate? ChatTemplate, IReadOnlyList<int> StopTokens, string? Name);

using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations;

/// <summary>A conversation to be answered, with the functions and the form of the answer.</summary>
public sealed record ConversationRequest
{
    /// <summary>Most functions of one request.</summary>
    public const int MaxTools = 128;

    /// <summary>The messages, at least one.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>Parts of the messages' contents whose tokens are not to depend on what stands around them, in order of messages and places.</summary>
    public IReadOnlyList<MarkedText> Marked { get; init; } = [];

    /// <summary>The functions that may be called; their names differ.</summary>
    public IReadOnlyList<ToolDefinition> Tools { get; init; } = [];

    /// <summary>Whether they are called.</summary>
    public ToolChoice ToolChoice { get; init; } = ToolChoice.Auto;

    /// <summary>Whether one answer may call several functions.</summary>
    public bool ParallelToolCalls { get; init; } = true;

    /// <summary>
    /// Makes what the answer's text must look like, after any reasoning; null for free text. Called only when the grammar is not cached: some
    /// are costly to make.
    /// </summary>
    public Func<Grammar>? ResponseGrammar { get; init; }

    /// <summary>Names <see cref="ResponseGrammar"/> in a <see cref="GrammarCache"/>: its kind and source. Null where it is not to be cached.</summary>
    public string? ResponseGrammarKey { get; init; }

    /// <summary>Further variables of the chat template, e.g. <c>enable_thinking</c>; as in <see cref="ChatTemplate"/>.</summary>
    public IReadOnlyDictionary<string, object?>? TemplateVariables { get; init; }
}

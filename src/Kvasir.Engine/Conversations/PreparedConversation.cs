using Kvasir.Engine.Blending;
using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Engine.Requests;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations;

/// <summary>A conversation ready for the engine: its prompt, what the answer may look like, and how the answer is read. Thread-safe.</summary>
public sealed class PreparedConversation
{
    private const string CacheKind = "conversation";

    private readonly AnswerSyntax _syntax;
    private readonly Lazy<Grammar>? _grammar;

    internal PreparedConversation(ReadOnlyMemory<int> prompt, AnswerSyntax syntax, AnswerGrammar grammar, IReadOnlySet<int> keepSpecialTokens)
    {
        Prompt = prompt;
        KeepSpecialTokens = keepSpecialTokens;
        _syntax = syntax;
        if (!grammar.IsNeeded)
            return;
        _grammar = new Lazy<Grammar>(grammar.Build);
        GrammarKey = grammar.Key();
    }

    /// <summary>Tokens of the prompt.</summary>
    public ReadOnlyMemory<int> Prompt { get; }

    /// <summary>
    /// The marked texts that are in the prompt, ascending. Fewer than were marked where the template changed a content that holds one, or left
    /// it out.
    /// </summary>
    public IReadOnlyList<ChunkPart> Parts { get; internal init; } = [];

    /// <summary>Special tokens that the parser needs to see: <see cref="GenerationRequest.KeepSpecialTokens"/>.</summary>
    public IReadOnlySet<int> KeepSpecialTokens { get; }

    /// <summary>Whether <see cref="Grammar"/> is there.</summary>
    public bool IsConstrained => _grammar is not null;

    /// <summary>What the answer may look like, made when first asked for; null when it is free.</summary>
    /// <exception cref="GrammarException">A strict function's schema cannot be enforced.</exception>
    public Grammar? Grammar => _grammar?.Value;

    /// <summary>Names <see cref="Grammar"/>: equal keys of one model are equal grammars. Null where there is none, or it cannot be named.</summary>
    public string? GrammarKey { get; }

    /// <summary>The compiled grammar where the cache has it ready; null otherwise, and when the answer is free.</summary>
    public CompiledGrammar? FindCompiled(GrammarCache cache) => GrammarKey is { } key ? cache.Find(CacheKind, key) : null;

    /// <summary>The grammar compiled for the cache's vocabulary, from the cache where it is there; null when the answer is free.</summary>
    /// <exception cref="GrammarException">A strict function's schema cannot be enforced, or the grammar is too large.</exception>
    public CompiledGrammar? Compile(GrammarCache cache)
    {
        if (_grammar is null)
            return null;
        return GrammarKey is { } key
            ? cache.GetOrCompile(CacheKind, key, () => _grammar.Value)
            : CompiledGrammar.Compile(_grammar.Value, cache.Vocabulary);
    }

    /// <summary>A parser for one answer.</summary>
    public AnswerParser CreateParser() => new(_syntax);

    /// <summary>Takes a whole answer apart.</summary>
    public ParsedAnswer Parse(string answer)
    {
        var parser = CreateParser();
        var collector = new AnswerCollector();
        foreach (var item in parser.Feed(answer))
            collector.Add(item);
        foreach (var item in parser.Finish())
            collector.Add(item);
        return collector.ToAnswer();
    }
}

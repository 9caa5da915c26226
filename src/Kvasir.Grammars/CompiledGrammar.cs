using Kvasir.Grammars.Compilation;
using Kvasir.Grammars.Matching;

namespace Kvasir.Grammars;

/// <summary>
/// A grammar made ready for one vocabulary. Thread-safe: share it between requests, so that the masks and automaton states that one
/// computes serve all. Its caches are bounded by <see cref="GrammarLimits"/>.
/// </summary>
public sealed class CompiledGrammar
{
    // From here on one walk of the whole set is cheaper than one look-up an alternative.
    private const int ManyAlternatives = 24;

    private readonly StateMask?[] _stateMasks;
    private readonly GrammarLimits _limits;
    private long _maskBytes;

    private CompiledGrammar(Rtn rtn, TokenVocabulary vocabulary, GrammarLimits limits)
    {
        Vocabulary = vocabulary;
        _limits = limits;
        _stateMasks = new StateMask?[rtn.States];
        Store = new SetStore(rtn, limits);
    }

    /// <summary>The vocabulary of the masks.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>Bytes of masks remembered now.</summary>
    public long CachedMaskBytes => Interlocked.Read(ref _maskBytes);

    internal SetStore Store { get; }

    /// <summary>Compiles a grammar: milliseconds for everyday ones.</summary>
    /// <exception cref="GrammarException">It admits no text, or needs more than the limits allow.</exception>
    public static CompiledGrammar Compile(Grammar grammar, TokenVocabulary vocabulary, GrammarLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentNullException.ThrowIfNull(vocabulary);
        limits ??= GrammarLimits.Default;
        return new CompiledGrammar(RtnBuilder.Build(grammar.Root, limits, vocabulary.Alphabet), vocabulary, limits);
    }

    /// <summary>A matcher at the start of a text.</summary>
    public GrammarMatcher CreateMatcher() => new(this);

    /// <summary>Writes the tokens that may follow <paramref name="set"/>.</summary>
    internal void FillMask(EarleySet set, Span<uint> mask)
    {
        if (set.Mask is { } known)
        {
            known.CopyTo(mask);
            return;
        }

        if (set.Kernel.Length > ManyAlternatives)
        {
            mask.Clear();
            TrieWalker.Shared.WalkAll(Store, Vocabulary.Trie, set, mask);
            Remember(set, TokenSet.From(mask));
            return;
        }

        if (set.Kernel.Length == 1 && StateMaskOf(set.Kernel[0].State) is { Beyond.Length: 0 } only)
        {
            only.Tokens.CopyTo(mask);
            set.Mask = only.Tokens;
            return;
        }

        mask.Clear();
        foreach (var item in set.Kernel)
            Add(item, mask);
        Remember(set, TokenSet.From(mask));
    }

    private void Add(Item item, Span<uint> mask)
    {
        var own = StateMaskOf(item.State);
        own.Tokens.AddTo(mask);
        if (own.Beyond.Length == 0)
            return;
        var after = Store.Completed(item);
        foreach (var (value, nodes) in own.Beyond)
        {
            if (!after.Allows(value))
                continue;
            foreach (var node in nodes)
                TrieWalker.Shared.WalkNode(Store, Vocabulary.Trie, after, node, mask);
        }
    }

    private StateMask StateMaskOf(int state)
    {
        if (Volatile.Read(ref _stateMasks[state]) is { } known)
            return known;
        var walker = TrieWalker.Shared;
        var mask = walker.Rent(Vocabulary.MaskWords);
        walker.WalkAll(Store, Vocabulary.Trie, Store.InAnyContext(state), mask);
        var made = new StateMask(TokenSet.From(mask), walker.Beyond());
        Count(made.Bytes);
        Volatile.Write(ref _stateMasks[state], made);
        return made;
    }

    private void Remember(EarleySet set, TokenSet mask)
    {
        Count(mask.Bytes);
        set.Mask = mask;
    }

    private void Count(long bytes)
    {
        if (Interlocked.Add(ref _maskBytes, bytes) <= _limits.MaxMaskBytes)
            return;
        Interlocked.Exchange(ref _maskBytes, bytes);
        Array.Clear(_stateMasks);
        Store.Forget();
    }
}

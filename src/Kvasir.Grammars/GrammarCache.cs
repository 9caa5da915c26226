namespace Kvasir.Grammars;

/// <summary>
/// The compiled grammars of one vocabulary, the least recently used of which go first. Thread-safe; a grammar that several ask for at once
/// is compiled once. A grammar that fails is not kept.
/// </summary>
public sealed class GrammarCache
{
    private readonly int _capacity;
    private readonly GrammarLimits _limits;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Kind, string Source), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = [];

    /// <param name="vocabulary">The vocabulary of all grammars in it.</param>
    /// <param name="capacity">Most grammars kept.</param>
    /// <param name="limits">What each may cost.</param>
    public GrammarCache(TokenVocabulary vocabulary, int capacity = 64, GrammarLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Vocabulary = vocabulary;
        _capacity = capacity;
        _limits = limits ?? GrammarLimits.Default;
    }

    /// <summary>The vocabulary.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>Grammars kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>The compiled grammar of this source where it is kept and ready; null otherwise.</summary>
    public CompiledGrammar? Find(string kind, string source)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((kind, source), out var node) || !node.Value.Compiled.IsValueCreated)
                return null;
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Compiled.Value;
        }
    }

    /// <summary>The compiled grammar of this source, made by <paramref name="make"/> where it is not kept.</summary>
    /// <param name="kind">What the source is, e.g. <c>json_schema</c>, <c>regex</c>; with the options that matter.</param>
    /// <param name="source">The source text; with the kind it names the grammar.</param>
    /// <param name="make">Makes the grammar from the source.</param>
    /// <exception cref="GrammarException">As thrown by <paramref name="make"/> or the compiler.</exception>
    public CompiledGrammar GetOrCompile(string kind, string source, Func<Grammar> make)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(make);
        if (source.Length > GrammarLimits.MaxSourceChars)
            throw new GrammarException($"the grammar has {source.Length} characters; at most {GrammarLimits.MaxSourceChars} are allowed");
        Entry entry;
        lock (_lock)
        {
            if (_entries.TryGetValue((kind, source), out var node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
            }
            else
            {
                node = _recent.AddFirst(new Entry((kind, source), new Lazy<CompiledGrammar>(() => CompiledGrammar.Compile(make(), Vocabulary, _limits))));
                _entries.Add((kind, source), node);
                if (_entries.Count > _capacity)
                    Drop(_recent.Last!);
            }

            entry = node.Value;
        }

        try
        {
            return entry.Compiled.Value;
        }
        catch
        {
            lock (_lock)
            {
                if (_entries.TryGetValue(entry.Key, out var node) && ReferenceEquals(node.Value, entry))
                    Drop(node);
            }

            throw;
        }
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _recent.Remove(node);
    }

    private sealed record Entry((string Kind, string Source) Key, Lazy<CompiledGrammar> Compiled);
}

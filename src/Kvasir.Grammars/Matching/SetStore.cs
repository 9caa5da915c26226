using Kvasir.Grammars.Compilation;

namespace Kvasir.Grammars.Matching;

/// <summary>Makes sets, and keeps one of each. Thread-safe.</summary>
internal sealed class SetStore
{
    private readonly Rtn _rtn;
    private readonly GrammarLimits _limits;
    private readonly Dictionary<SetKey, EarleySet> _known = [];
    private readonly Lock _lock = new();
    private readonly byte[] _classes = new byte[256];
    private readonly int _classCount;
    private readonly EarleySet _root;
    private readonly EarleySet _bottom;
    private long _nextId;

    [ThreadStatic]
    private static Scratch? _scratch;

    public SetStore(Rtn rtn, GrammarLimits limits)
    {
        _rtn = rtn;
        _limits = limits;
        _classCount = Classify(rtn, _classes);
        Span<ulong> none = stackalloc ulong[4];
        none.Clear();
        _root = new EarleySet(_nextId++, [], [], [], none, canEnd: false, pops: false);
        _bottom = new EarleySet(_nextId++, [], [], [], none, canEnd: false, pops: false);
        Start = Intern([new Item(rtn.RuleStarts[0], 0, _root)], rtn.Nullable, pops: false);
    }

    /// <summary>Stands for no set where successors are remembered.</summary>
    public static EarleySet Dead { get; } = new(-1, [], [], [], [0, 0, 0, 0], canEnd: false, pops: false);

    /// <summary>The class of each byte.</summary>
    public byte[] Classes => _classes;

    /// <summary>The empty text.</summary>
    public EarleySet Start { get; }

    public Rtn Rtn => _rtn;

    /// <summary>Classes of bytes that no edge tells apart.</summary>
    public int ClassCount => _classCount;

    public byte ClassOf(byte value) => _classes[value];

    /// <summary>
    /// A state in any context at all: what its rule, once ended, would return to is unknown. The sentence has only one context.
    /// </summary>
    public EarleySet InAnyContext(int state) => state < _rtn.SentenceEnd
        ? Intern([new Item(state, 0, _root)], _rtn.Finals[state], pops: false)
        : Intern([new Item(state, -1, _bottom)], canEnd: false, pops: false);

    /// <summary>The set after the item's rule has ended.</summary>
    public EarleySet Completed(Item item)
    {
        var scratch = Rent();
        scratch.Complete(item.Rule, item.Origin!);
        return Finish(scratch);
    }

    /// <summary>The set after one more byte, which the set allows.</summary>
    public EarleySet Next(EarleySet set, byte value) => NextOf(set)[_classes[value]] ??= Advance(set, value);

    /// <summary>The remembered successors by class: null where not known yet, <see cref="Dead"/> where there is none.</summary>
    public EarleySet?[] NextOf(EarleySet set) => set.Next ??= new EarleySet?[ClassCount];

    /// <summary>Whether the byte may follow; where not, that is remembered.</summary>
    public bool IsAlive(EarleySet set, byte value)
    {
        if (set.Allows(value))
            return true;
        NextOf(set)[_classes[value]] = Dead;
        return false;
    }

    /// <summary>Forgets what can be computed again.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            foreach (var set in _known.Values)
            {
                set.Next = null;
                set.Mask = null;
                set.PlainStep = null;
            }

            _known.Clear();
        }
    }

    private EarleySet Advance(EarleySet set, byte value)
    {
        var scratch = Rent();
        foreach (var item in set.Active)
        {
            foreach (var edge in _rtn.BytesOf(item.State))
            {
                if (value >= edge.Low && value <= edge.High)
                    scratch.Add(new Item(edge.To, item.Rule, item.Origin ?? set));
            }
        }

        return Finish(scratch);
    }

    private EarleySet Finish(Scratch scratch)
    {
        var kernel = scratch.Kernel();
        return Intern(kernel, scratch.CanEnd, scratch.Pops);
    }

    private Scratch Rent()
    {
        var scratch = _scratch ??= new Scratch();
        scratch.Begin(this);
        return scratch;
    }

    private EarleySet Intern(Item[] kernel, bool canEnd, bool pops)
    {
        var key = new SetKey(kernel, canEnd, pops);
        lock (_lock)
        {
            if (_known.TryGetValue(key, out var known))
                return known;
        }

        var made = Close(kernel, canEnd, pops);
        lock (_lock)
        {
            if (_known.TryGetValue(key, out var known))
                return known;
            _known.Add(key, made);
        }

        if (_known.Count > _limits.MaxCachedSets)
            Forget();
        return made;
    }

    // Earley's prediction. A call in last place hands its own end on.
    private EarleySet Close(Item[] kernel, bool canEnd, bool pops)
    {
        var items = new List<Item>(kernel);
        var seen = kernel.Length > 0 ? new HashSet<Item>(kernel) : [];
        var waits = new HashSet<(int Rule, Item Return)>();
        var active = new List<Item>();
        Span<ulong> first = stackalloc ulong[4];
        first.Clear();
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            foreach (var call in _rtn.CallsOf(item.State))
            {
                var isLast = _rtn.IsSink(call.To);
                var callee = isLast ? new Item(_rtn.RuleStarts[call.Rule], item.Rule, item.Origin) : new Item(_rtn.RuleStarts[call.Rule], call.Rule, null);
                if (!isLast)
                    waits.Add((call.Rule, new Item(call.To, item.Rule, item.Origin)));
                if (seen.Add(callee))
                    items.Add(callee);
            }

            if (items.Count > _limits.MaxItems)
                throw TooAmbiguous();
            var edges = _rtn.BytesOf(item.State);
            if (edges.Length == 0)
                continue;
            active.Add(item);
            foreach (var edge in edges)
            {
                for (int value = edge.Low; value <= edge.High; value++)
                    first[value >> 6] |= 1UL << (value & 63);
            }
        }

        var sorted = waits.ToArray();
        Array.Sort(sorted, static (a, b) => a.Rule.CompareTo(b.Rule));
        return new EarleySet(Interlocked.Increment(ref _nextId), kernel, [.. active], sorted, first, canEnd, pops);
    }

    private GrammarException TooAmbiguous() =>
        new($"more than {_limits.MaxItems} ways to read the text at one position; make the grammar less ambiguous");

    private static int Classify(Rtn rtn, byte[] classes)
    {
        var cuts = new bool[257];
        foreach (var edge in rtn.ByteEdges)
        {
            cuts[edge.Low] = true;
            cuts[edge.High + 1] = true;
        }

        var last = 0;
        for (var value = 1; value < 256; value++)
        {
            if (cuts[value])
                last++;
            classes[value] = (byte)last;
        }

        return last + 1;
    }

    private readonly struct SetKey : IEquatable<SetKey>
    {
        private readonly Item[] _kernel;
        private readonly bool _canEnd;
        private readonly bool _pops;
        private readonly int _hash;

        public SetKey(Item[] kernel, bool canEnd, bool pops)
        {
            (_kernel, _canEnd, _pops) = (kernel, canEnd, pops);
            var hash = new HashCode();
            hash.Add(canEnd);
            hash.Add(pops);
            foreach (var item in kernel)
            {
                hash.Add(item.State);
                hash.Add(item.Rule);
                hash.Add(item.Origin!.Id);
            }

            _hash = hash.ToHashCode();
        }

        public bool Equals(SetKey other) =>
            _hash == other._hash && _canEnd == other._canEnd && _pops == other._pops && _kernel.AsSpan().SequenceEqual(other._kernel);

        public override bool Equals(object? obj) => obj is SetKey other && Equals(other);

        public override int GetHashCode() => _hash;
    }

    /// <summary>One thread's workplace for one new kernel: items added are completed as far as they go.</summary>
    private sealed class Scratch
    {
        private readonly List<Item> _work = [];
        private readonly HashSet<Item> _seen = [];
        private readonly List<Item> _kernel = [];
        private SetStore _store = null!;

        public bool CanEnd { get; private set; }

        public bool Pops { get; private set; }

        public void Begin(SetStore store)
        {
            _store = store;
            _work.Clear();
            _seen.Clear();
            _kernel.Clear();
            CanEnd = Pops = false;
        }

        public void Add(Item item)
        {
            if (_seen.Add(item))
                _work.Add(item);
        }

        public void Complete(int rule, EarleySet origin)
        {
            if (ReferenceEquals(origin, _store._root))
                CanEnd = true;
            else if (ReferenceEquals(origin, _store._bottom))
                Pops = true;
            var waits = origin.Waits;
            int low = 0, high = waits.Length;
            while (low < high)
            {
                var middle = (low + high) >> 1;
                if (waits[middle].Rule < rule)
                    low = middle + 1;
                else
                    high = middle;
            }

            for (; low < waits.Length && waits[low].Rule == rule; low++)
            {
                var back = waits[low].Return;
                Add(back with { Origin = back.Origin ?? origin });
            }
        }

        public Item[] Kernel()
        {
            for (var i = 0; i < _work.Count; i++)
            {
                var item = _work[i];
                if (!_store._rtn.IsSink(item.State))
                    _kernel.Add(item);
                if (_store._rtn.Finals[item.State])
                    Complete(item.Rule, item.Origin!);
                if (_work.Count > _store._limits.MaxItems)
                    throw _store.TooAmbiguous();
            }

            if (_kernel.Count > 1)
                _kernel.Sort(static (a, b) => a.State != b.State ? a.State.CompareTo(b.State) : a.Rule != b.Rule ? a.Rule.CompareTo(b.Rule) : a.Origin!.Id.CompareTo(b.Origin!.Id));
            return [.. _kernel];
        }
    }
}

namespace Kvasir.Grammars.Matching;

/// <summary>
/// All that may be known of a position in the text: the Earley items there, as an immutable node that equal positions share. The items'
/// origins are such nodes too, so a set is at once an automaton state, with remembered successors, and the top of a graph-structured
/// stack. Successors and masks are caches that any thread may fill; they hold what any other thread would compute as well.
/// </summary>
internal sealed class EarleySet
{
    private readonly ulong _first0;
    private readonly ulong _first1;
    private readonly ulong _first2;
    private readonly ulong _first3;

    public EarleySet(long id, Item[] kernel, Item[] active, (int Rule, Item Return)[] waits, ReadOnlySpan<ulong> first, bool canEnd, bool pops)
    {
        Id = id;
        Kernel = kernel;
        Active = active;
        Waits = waits;
        (_first0, _first1, _first2, _first3) = (first[0], first[1], first[2], first[3]);
        CanEnd = canEnd;
        Pops = pops;
    }

    public long Id { get; }

    /// <summary>The items with an earlier origin that can go on: they name the set.</summary>
    public Item[] Kernel { get; }

    /// <summary>The items that read bytes.</summary>
    public Item[] Active { get; }

    /// <summary>Who waits for which rule that begins here, sorted by rule: the item to go on with.</summary>
    public (int Rule, Item Return)[] Waits { get; }

    /// <summary>Whether the text so far is a sentence.</summary>
    public bool CanEnd { get; }

    /// <summary>Whether a rule ends here that began before all that is known (in sets that stand for any context).</summary>
    public bool Pops { get; }

    /// <summary>Whether any byte may follow.</summary>
    public bool GoesOn => (_first0 | _first1 | _first2 | _first3) != 0;

    /// <summary>Remembered successors by class of bytes.</summary>
    public EarleySet?[]? Next { get; set; }

    /// <summary>The remembered mask.</summary>
    public TokenSet? Mask { get; set; }

    /// <summary>The remembered step over any plain character.</summary>
    public PlainStep? PlainStep { get; set; }

    /// <summary>Whether <paramref name="value"/> may follow.</summary>
    public bool Allows(byte value) => ((Word(value >> 6) >> (value & 63)) & 1) != 0;

    /// <summary>The only byte that may follow, or -1 where there is none or more than one.</summary>
    public int OnlyByte()
    {
        var only = -1;
        for (var i = 0; i < 4; i++)
        {
            var word = Word(i);
            if (word == 0)
                continue;
            if (only >= 0 || (word & (word - 1)) != 0)
                return -1;
            only = (i * 64) + System.Numerics.BitOperations.TrailingZeroCount(word);
        }

        return only;
    }

    private ulong Word(int index) => index switch
    {
        0 => _first0,
        1 => _first1,
        2 => _first2,
        _ => _first3,
    };
}

namespace Kvasir.KvCache.Chunks;

/// <summary>
/// Polynomial hash over windows of tokens that rolls from one to the next (Karp and Rabin 1987), modulo 2^61 - 1 with a base that is
/// drawn: who does not know it cannot make windows collide, except with a probability of <c>window / 2^61</c> a pair.
/// </summary>
internal readonly struct WindowHash
{
    private const ulong Prime = (1UL << 61) - 1;

    private readonly ulong _base;
    private readonly ulong _leading;

    /// <param name="window">Tokens a window.</param>
    /// <param name="seed">Random bits.</param>
    public WindowHash(int window, ulong seed)
    {
        // Two at least: with a base of 0 or 1 the order of the tokens would not count.
        _base = 2 + (seed % (Prime - 2));
        _leading = 1;
        for (var i = 1; i < window; i++)
            _leading = Multiply(_leading, _base);
    }

    /// <summary>Hash of a whole window.</summary>
    public ulong Of(ReadOnlySpan<int> window)
    {
        var hash = 0UL;
        foreach (var token in window)
            hash = Add(Multiply(hash, _base), Digit(token));
        return hash;
    }

    /// <summary>Hash of the window one token further.</summary>
    public ulong Roll(ulong hash, int leaving, int entering)
    {
        var rest = Add(hash, Prime - Multiply(_leading, Digit(leaving)));
        return Add(Multiply(rest, _base), Digit(entering));
    }

    // Never 0, so that leading tokens count.
    private static ulong Digit(int token) => (uint)token + 1UL;

    private static ulong Add(ulong a, ulong b)
    {
        var sum = a + b; // below 2^62
        return sum >= Prime ? sum - Prime : sum;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        // 2^61 is 1 modulo the prime, so the two halves of the product are added.
        var high = Math.BigMul(a, b, out var low);
        return Add(low & Prime, (low >> 61) | (high << 3));
    }
}

namespace Kvasir.Models;

/// <summary>What pairs of symbols become: open addressing over one array of keys and one of values, for the innermost look-up of merging.</summary>
internal sealed class PairTable
{
    /// <summary>Stands for pairs that are not merged; higher than every value.</summary>
    public const long None = long.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _keys;
    private readonly long[] _values;
    private readonly int _shift;

    /// <param name="most">How many pairs there may be.</param>
    public PairTable(int most)
    {
        int bits = 4;
        while (1L << bits < most * 8L / 5)
            bits++;
        _keys = new ulong[1 << bits];
        _values = new long[1 << bits];
        _shift = 64 - bits;
        Array.Fill(_keys, Empty);
    }

    /// <summary>Says what a pair becomes, and at which rank; of a pair that is said again the last holds.</summary>
    public void Set(int left, int right, int rank, int merged)
    {
        ulong pair = Pair(left, right);
        uint at = Place(pair);
        while (_keys[at] != Empty && _keys[at] != pair)
            at = (at + 1) & (uint)(_keys.Length - 1);
        (_keys[at], _values[at]) = (pair, ((long)rank << 32) | (uint)merged);
    }

    /// <summary>The rank in the upper half and the symbol in the lower, or <see cref="None"/>.</summary>
    public long Find(int left, int right)
    {
        ulong pair = Pair(left, right);
        var keys = _keys;
        for (uint at = Place(pair); ; at = (at + 1) & (uint)(keys.Length - 1))
        {
            ulong key = keys[at];
            if (key == pair)
                return _values[at];
            if (key == Empty)
                return None;
        }
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private uint Place(ulong pair) => (uint)(((pair ^ (pair >> 29)) * 0x9E37_79B9_7F4A_7C15) >> _shift);
}

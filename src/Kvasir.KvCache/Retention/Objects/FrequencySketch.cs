using System.Numerics;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// How often keys were seen lately, in about eight bytes an object: a count-min sketch of four rows of 4-bit counters that only the lowest
/// counters of a key are raised in, all halved now and then (Einziger, Friedman and Manes 2017, "TinyLFU: a highly efficient cache
/// admission policy").
/// </summary>
internal sealed class FrequencySketch
{
    /// <summary>What a counter can count to.</summary>
    public const int Most = 15;

    private const int Rows = 4;
    private const int LeastWidth = 256;
    private const int CountersPerObject = 4;
    private const int SamplePerObject = 10;
    private const int CountersPerWord = 16;
    private const ulong LowThreeBitsOfEach = 0x7777_7777_7777_7777UL;

    private ulong[][] _rows = NewRows(LeastWidth);
    private int _width = LeastWidth;
    private long _raised;

    /// <summary>Bytes of the counters.</summary>
    public long Bytes => (long)Rows * _width / 2;

    /// <summary>Counts a sight of a key; <paramref name="objects"/> are there.</summary>
    public void Raise(ulong key, int objects)
    {
        EnsureWidth(objects);
        var lowest = Estimate(key);
        if (lowest < Most)
        {
            for (var row = 0; row < Rows; row++)
            {
                if (Read(row, key) == lowest)
                    Counter(row, key, out var shift) += 1UL << shift;
            }
        }

        if (++_raised < (long)SamplePerObject * Math.Max(objects, LeastWidth / CountersPerObject))
            return;
        _raised /= 2;
        foreach (var words in _rows)
        {
            for (var i = 0; i < words.Length; i++)
                words[i] = (words[i] >> 1) & LowThreeBitsOfEach;
        }
    }

    /// <summary>Times that a key was seen: never too few, apart from halving, and at most <see cref="Most"/>.</summary>
    public int Estimate(ulong key)
    {
        var lowest = Most;
        for (var row = 0; row < Rows; row++)
            lowest = Math.Min(lowest, Read(row, key));
        return lowest;
    }

    private int Read(int row, ulong key) => (int)(Counter(row, key, out var shift) >> shift) & Most;

    private ref ulong Counter(int row, ulong key, out int shift)
    {
        var place = (int)(BlockKey.Mix64(key + ((ulong)row * 0x9e3779b97f4a7c15UL)) & (ulong)(_width - 1));
        shift = (place % CountersPerWord) * 4;
        return ref _rows[row][place / CountersPerWord];
    }

    private void EnsureWidth(int objects)
    {
        var wanted = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(LeastWidth, Math.Min(objects, 1 << 26) * CountersPerObject));
        if (wanted <= _width)
            return;

        // A place keeps its low bits when the rows grow, so copies of the old counters say what was seen: too much perhaps, never too little.
        var old = _rows;
        _rows = NewRows(wanted);
        for (var row = 0; row < Rows; row++)
        {
            for (var at = 0; at < _rows[row].Length; at += old[row].Length)
                old[row].CopyTo(_rows[row], at);
        }

        _width = wanted;
    }

    private static ulong[][] NewRows(int width) => [.. Enumerable.Range(0, Rows).Select(_ => new ulong[width / CountersPerWord])];
}

using System.Numerics;
using System.Runtime.Intrinsics;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// Who was looked at in up to 32 steps, one number a row whose bits are the steps. What LazyEviction wants to know of them takes operations on such
/// numbers, as many whatever the steps were.
/// </summary>
internal static class LookHistory
{
    /// <summary>Most steps of a number.</summary>
    public const int Steps = 32;

    /// <summary>Turns bits by row, a word a step, into bits by step, a number a row.</summary>
    /// <param name="looked">Words of 64 rows; the first step's at 0.</param>
    /// <param name="stride">Words between those of two steps.</param>
    /// <param name="steps">Steps, 1 to 32.</param>
    /// <param name="history">Receives the numbers <c>[64]</c>.</param>
    /// <returns>False when nobody was looked at; nothing is written then.</returns>
    public static bool Gather(ReadOnlySpan<ulong> looked, int stride, int steps, Span<int> history)
    {
        Span<ulong> words = stackalloc ulong[Steps];
        for (var (step, word) = (0, 0); step < steps; step++, word += stride)
            words[step] = looked[word];
        words[steps..].Clear();

        // Lane g of vector n has the word of step 8g + n.
        var (v0, v1, v2, v3) = (Lane(words, 0), Lane(words, 1), Lane(words, 2), Lane(words, 3));
        var (v4, v5, v6, v7) = (Lane(words, 4), Lane(words, 5), Lane(words, 6), Lane(words, 7));
        if ((v0 | v1 | v2 | v3 | v4 | v5 | v6 | v7) == Vector256<ulong>.Zero)
            return false;
        Swap(ref v0, ref v4, 32, 0x00000000_FFFFFFFF);
        Swap(ref v1, ref v5, 32, 0x00000000_FFFFFFFF);
        Swap(ref v2, ref v6, 32, 0x00000000_FFFFFFFF);
        Swap(ref v3, ref v7, 32, 0x00000000_FFFFFFFF);
        Swap(ref v0, ref v2, 16, 0x0000FFFF_0000FFFF);
        Swap(ref v1, ref v3, 16, 0x0000FFFF_0000FFFF);
        Swap(ref v4, ref v6, 16, 0x0000FFFF_0000FFFF);
        Swap(ref v5, ref v7, 16, 0x0000FFFF_0000FFFF);
        Swap(ref v0, ref v1, 8, 0x00FF00FF_00FF00FF);
        Swap(ref v2, ref v3, 8, 0x00FF00FF_00FF00FF);
        Swap(ref v4, ref v5, 8, 0x00FF00FF_00FF00FF);
        Swap(ref v6, ref v7, 8, 0x00FF00FF_00FF00FF);

        // Vector n has the n-th bytes of all steps now.
        Rows(v0, history);
        Rows(v1, history[8..]);
        Rows(v2, history[16..]);
        Rows(v3, history[24..]);
        Rows(v4, history[32..]);
        Rows(v5, history[40..]);
        Rows(v6, history[48..]);
        Rows(v7, history[56..]);
        return true;
    }

    /// <summary>MRI = max(MRI, t - TS) and TS = t, for every look in its order.</summary>
    /// <param name="history">Numbers of 64 rows.</param>
    /// <param name="before">The step before the first.</param>
    /// <param name="seen">TS <c>[64]</c>.</param>
    /// <param name="gap">MRI <c>[64]</c>.</param>
    public static void Follow(ReadOnlySpan<int> history, int before, Span<int> seen, Span<int> gap)
    {
        for (var row = 0; row < 64; row += Vector<int>.Count)
        {
            var looks = new Vector<int>(history[row..]);
            var never = Vector.Equals(looks, Vector<int>.Zero);
            if (Vector.EqualsAll(never, Vector<int>.AllBitsSet))
                continue;
            var (last, longest) = (new Vector<int>(seen[row..]), new Vector<int>(gap[row..]));
            var first = new Vector<int>(before + 1) + Index(looks & -looks);
            longest = Vector.Max(longest, Vector.AndNot(first - last, never));
            last = Vector.ConditionalSelect(never, last, new Vector<int>(before + 1) + Highest(looks));
            last.CopyTo(seen[row..]);
            Vector.Max(longest, LongestStep(looks)).CopyTo(gap[row..]);
        }
    }

    private static Vector256<ulong> Lane(ReadOnlySpan<ulong> words, int n) => Vector256.Create(words[n], words[8 + n], words[16 + n], words[24 + n]);

    /// <summary>Of a byte a step, a number of steps a bit.</summary>
    private static void Rows(Vector256<ulong> steps, Span<int> history)
    {
                history = history[..8];
        history[0] = Bits(steps << 7);
        history[1] = Bits(steps << 6);
        history[2] = Bits(steps << 5);
        history[3] = Bits(steps << 4);
        history[4] = Bits(steps << 3);
        history[5] = Bits(steps << 2);
        history[6] = Bits(steps << 1);
        history[7] = Bits(steps);

        // A shift of the whole lane will do: only the highest bit of each byte is read.
        static int Bits(Vector256<ulong> lanes) => (int)lanes.AsByte().ExtractMostSignificantBits();
    }

    /// <summary>Exchanges the upper parts of one's lanes with the lower parts of the other's.</summary>
    private static void Swap(ref Vector256<ulong> one, ref Vector256<ulong> other, int shift, ulong lower)
    {
        var difference = ((one >>> shift) ^ other) & Vector256.Create(lower);
        other ^= difference;
        one ^= difference << shift;
    }

    /// <summary>Place of the highest bit.</summary>
    private static Vector<int> Highest(Vector<int> looks)
    {
        // Without the bit below it there is no carry when the number is rounded to 24 bits.
        var place = Index(Vector.AndNot(looks, Vector.ShiftRightLogical(looks, 1)));
        return Vector.ConditionalSelect(Vector.LessThan(looks, Vector<int>.Zero), new Vector<int>(31), place);
    }

    /// <summary>Place of a lone bit, or of the highest of a positive number's, by the exponent of its binary32.</summary>
    private static Vector<int> Index(Vector<int> number) =>
        (Vector.ShiftRightLogical(Vector.AsVectorInt32(Vector.ConvertToSingle(number)), 23) & new Vector<int>(0xFF)) - new Vector<int>(127);

    /// <summary>The longest distance between neighbouring bits; 0 where there are fewer than two.</summary>
    private static Vector<int> LongestStep(Vector<int> looks)
    {
        // Steps without a look that lie between two looks.
        var below = looks | Vector.ShiftRightLogical(looks, 1);
        below |= Vector.ShiftRightLogical(below, 2);
        below |= Vector.ShiftRightLogical(below, 4);
        below |= Vector.ShiftRightLogical(below, 8);
        below |= Vector.ShiftRightLogical(below, 16);
        var silent = Vector.AndNot(below & (looks | -looks), looks);
        var several = Vector.OnesComplement(Vector.Equals(looks & (looks - Vector<int>.One), Vector<int>.Zero));
        var longest = several & Vector<int>.One;
        if (Vector.EqualsAll(silent, Vector<int>.Zero))
            return longest;

        // Bits at the end of so many silent steps in a row, doubled; then the longest run, from its highest binary digit on.
        var two = silent & Vector.ShiftLeft(silent, 1);
        var four = two & Vector.ShiftLeft(two, 2);
        var eight = four & Vector.ShiftLeft(four, 4);
        var sixteen = eight & Vector.ShiftLeft(eight, 8);
        var run = Vector<int>.AllBitsSet;
        Extend(ref run, ref longest, sixteen, 16);
        Extend(ref run, ref longest, eight, 8);
        Extend(ref run, ref longest, four, 4);
        Extend(ref run, ref longest, two, 2);
        Extend(ref run, ref longest, silent, 1);
        return longest;

        static void Extend(ref Vector<int> run, ref Vector<int> longest, Vector<int> more, int by)
        {
            var longer = more & Vector.ShiftLeft(run, by);
            var isLonger = Vector.OnesComplement(Vector.Equals(longer, Vector<int>.Zero));
            run = Vector.ConditionalSelect(isLonger, longer, run);
            longest += isLonger & new Vector<int>(by);
        }
    }
}

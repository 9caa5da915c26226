namespace Kvasir.Grammars.Automata;

/// <summary>Splits ranges of code points into sequences of byte ranges (as Thompson's UTF-8 automata do).</summary>
internal static class Utf8Ranges
{
    private static readonly int[] LengthEnds = [0x7F, 0x7FF, 0xFFFF, CodeSet.Last];

    /// <summary>Calls <paramref name="emit"/> with one sequence of byte ranges for each part of [low, high]; no surrogates in it.</summary>
    public static void Split(int low, int high, Action<(byte Low, byte High)[]> emit)
    {
        foreach (var end in LengthEnds)
        {
            if (low > high)
                return;
            if (low > end)
                continue;
            SplitSameLength(low, Math.Min(high, end), emit);
            low = end + 1;
        }
    }

    private static void SplitSameLength(int low, int high, Action<(byte Low, byte High)[]> emit)
    {
        var length = Length(low);
        for (var i = 1; i < length; i++)
        {
            var mask = (1 << (6 * i)) - 1;
            if ((low & ~mask) == (high & ~mask))
                continue;
            if ((low & mask) != 0)
            {
                SplitSameLength(low, low | mask, emit);
                SplitSameLength((low | mask) + 1, high, emit);
                return;
            }

            if ((high & mask) != mask)
            {
                SplitSameLength(low, (high & ~mask) - 1, emit);
                SplitSameLength(high & ~mask, high, emit);
                return;
            }
        }

        Span<byte> first = stackalloc byte[4];
        Span<byte> last = stackalloc byte[4];
        Encode(low, first);
        Encode(high, last);
        var sequence = new (byte, byte)[length];
        for (var i = 0; i < length; i++)
            sequence[i] = (first[i], last[i]);
        emit(sequence);
    }

    private static int Length(int code) => code <= 0x7F ? 1 : code <= 0x7FF ? 2 : code <= 0xFFFF ? 3 : 4;

    private static void Encode(int code, Span<byte> bytes)
    {
        var length = Length(code);
        if (length == 1)
        {
            bytes[0] = (byte)code;
            return;
        }

        for (var i = length - 1; i > 0; i--, code >>= 6)
            bytes[i] = (byte)(0x80 | (code & 0x3F));
        bytes[0] = (byte)((length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0) | code);
    }
}

using System.Numerics;

namespace Kvasir.Grammars.Matching;

internal static class MaskBits
{
    public static void Or(ReadOnlySpan<uint> source, Span<uint> mask)
    {
        var i = 0;
        for (; i + Vector<uint>.Count <= source.Length; i += Vector<uint>.Count)
            (new Vector<uint>(source[i..]) | new Vector<uint>(mask[i..])).CopyTo(mask[i..]);
        for (; i < source.Length; i++)
            mask[i] |= source[i];
    }
}

using System.Numerics;

namespace Kvasir.Grammars.Matching;

/// <summary>An immutable set of tokens: a short list, or one bit a token.</summary>
internal sealed class TokenSet
{
    private readonly int[]? _tokens;
    private readonly uint[]? _bits;

    private TokenSet(int[]? tokens, uint[]? bits)
    {
        _tokens = tokens;
        _bits = bits;
    }

    /// <summary>What it holds in memory.</summary>
    public long Bytes => 64 + (4L * (_tokens?.Length ?? _bits!.Length));

    public static TokenSet From(ReadOnlySpan<uint> mask)
    {
        var count = 0;
        foreach (var word in mask)
            count += BitOperations.PopCount(word);
        if (count >= mask.Length)
            return new TokenSet(null, mask.ToArray());
        var tokens = new int[count];
        count = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            for (var word = mask[i]; word != 0; word &= word - 1)
                tokens[count++] = (i << 5) + BitOperations.TrailingZeroCount(word);
        }

        return new TokenSet(tokens, null);
    }

    /// <summary>Makes the mask hold exactly this set.</summary>
    public void CopyTo(Span<uint> mask)
    {
        if (_bits is not null)
        {
            _bits.CopyTo(mask);
            return;
        }

        mask.Clear();
        AddTo(mask);
    }

    /// <summary>Adds this set to the mask.</summary>
    public void AddTo(Span<uint> mask)
    {
        if (_bits is not null)
        {
            MaskBits.Or(_bits, mask);
            return;
        }

        foreach (var token in _tokens!)
            mask[token >> 5] |= 1u << (token & 31);
    }
}

using System.Text;

namespace Kvasir.Models;

/// <summary>Turns entries of a vocabulary into text: all of a text at once, or one by one for streaming.</summary>
internal sealed class TokenDecoder
{
    private const string Filler = "x"; // what stands before and behind an entry whose own part is asked for

    private readonly IReadOnlyList<DecodeStep> _steps;
    private readonly bool _fallsBack;
    private readonly string _before;
    private readonly string _behind;

    public TokenDecoder(IReadOnlyList<DecodeStep> steps)
    {
        _steps = steps;
        IsByteLevel = steps.Count > 0 && steps[0] is ByteLevelDecode && steps.Skip(1).All(s => s is FuseDecode or ByteLevelDecode) && steps.Count(s => s is ByteLevelDecode) == 1;
        _fallsBack = steps.Any(s => s is ByteFallbackDecode);
        _before = Text([Filler]);
        string both = Text([Filler, Filler]);
        _behind = both.StartsWith(_before, StringComparison.Ordinal) ? both[_before.Length..] : Filler;
    }

    /// <summary>Whether a text is the bytes of its entries, one after the other.</summary>
    public bool IsByteLevel { get; }

    /// <summary>The text of entries; the list is used up.</summary>
    public string Text(List<string> pieces)
    {
        foreach (var step in _steps)
            step.Apply(pieces);
        return string.Concat(pieces);
    }

    /// <summary>What an entry adds to a text, UTF-8 or a part of it.</summary>
    /// <param name="piece">As the vocabulary has it.</param>
    /// <param name="added">Whether it is an added token, which is written as it is read.</param>
    /// <param name="first">Whether it begins the text.</param>
    public byte[] Bytes(string piece, bool added, bool first)
    {
        if (IsByteLevel)
            return added ? Encoding.UTF8.GetBytes(piece) : ByteAlphabet.Decode(piece);
        if (_fallsBack && ByteFallbackDecode.TryByte(piece, out byte value))
            return [value];
        string whole = first ? Text([piece, Filler]) : Text([Filler, piece, Filler]);
        int begin = first || !whole.StartsWith(_before, StringComparison.Ordinal) ? 0 : _before.Length;
        int end = whole.EndsWith(_behind, StringComparison.Ordinal) ? Math.Max(begin, whole.Length - _behind.Length) : whole.Length;
        return Encoding.UTF8.GetBytes(whole[begin..end]);
    }
}

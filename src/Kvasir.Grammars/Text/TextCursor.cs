using System.Globalization;
using System.Text;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Text;

/// <summary>A place in a grammar's source; errors name the line.</summary>
internal sealed class TextCursor
{
    public const int DeepestNesting = 200;
    public const int MostRepeats = 20_000;

    private readonly string _text;
    private readonly string _notation;

    public TextCursor(string text, string notation)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
        _notation = notation;
        if (text.Length > GrammarLimits.MaxSourceChars)
            throw new GrammarException($"the {notation} grammar has {text.Length} characters; at most {GrammarLimits.MaxSourceChars} are allowed");
    }

    public int At { get; set; }

    public bool Ended => At >= _text.Length;

    /// <summary>The next character, or a null character at the end.</summary>
    public char Next => Ended ? '\0' : _text[At];

    public char Peek(int offset) => At + offset < _text.Length ? _text[At + offset] : '\0';

    public string Slice(int start) => _text[start..At];

    public bool Take(string expected)
    {
        if (string.CompareOrdinal(_text, At, expected, 0, expected.Length) != 0)
            return false;
        At += expected.Length;
        return true;
    }

    public void Expect(string expected)
    {
        if (!Take(expected))
            throw Error($"'{expected}' is expected{(Ended ? " before the end" : $", not '{Next}'")}");
    }

    public void SkipLine()
    {
        while (!Ended && Next is not ('\n' or '\r'))
            At++;
    }

    public string TakeWhile(Func<char, bool> belongs)
    {
        var start = At;
        while (!Ended && belongs(Next))
            At++;
        return _text[start..At];
    }

    public int TakeNumber()
    {
        var digits = TakeWhile(char.IsAsciiDigit);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MostRepeats
            ? number
            : throw Error($"a count from 0 to {MostRepeats} is expected, not '{digits}'");
    }

    /// <summary>A code point, escaped or not.</summary>
    public int TakeCode()
    {
        if (Ended)
            throw Error("the text ends inside a literal");
        if (Next != '\\')
        {
            if (Rune.TryGetRuneAt(_text, At, out var rune))
            {
                At += rune.Utf16SequenceLength;
                return rune.Value;
            }

            throw Error("a lone surrogate");
        }

        At++;
        var escape = Next;
        At++;
        return escape switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'b' => '\b',
            '0' => 0,
            'x' => Hex(2),
            'u' => Hex(4),
            'U' => Hex(8),
            _ when escape == '\0' || char.IsAsciiLetterOrDigit(escape) => throw Error($"the escape '\\{escape}' is not known"),
            _ => escape,
        };
    }

    /// <summary>A literal after its opening quote.</summary>
    public string TakeQuoted()
    {
        var text = new StringBuilder();
        while (Next != '"')
        {
            if (Ended || Next == '\n')
                throw Error("a string without its closing '\"'");
            text.Append(char.ConvertFromUtf32(TakeCode()));
        }

        At++;
        return text.ToString();
    }

    public Node Repeat(Node body, int min, int? max) => max < min
        ? throw Error($"a repetition of {min} to {max} times admits nothing")
        : new RepeatNode(body, min, max, null);

    public GrammarException Error(string what) =>
        new($"{_notation} grammar, line {1 + _text.AsSpan(0, Math.Min(At, _text.Length)).Count('\n')}: {what}");

    private int Hex(int digits)
    {
        if (At + digits > _text.Length || !int.TryParse(_text.AsSpan(At, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
            throw Error($"{digits} hexadecimal digits of a character are expected");
        At += digits;
        return code;
    }
}

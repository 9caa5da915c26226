using System.Globalization;
using System.Text;
using Kvasir.Engine.Conversations.Parsing;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>Named arguments of a Python call, with literal values, as a JSON object.</summary>
internal ref struct PythonArguments
{
    private readonly ReadOnlySpan<char> _text;
    private readonly StringBuilder _json = new();
    private int _at;

    private PythonArguments(ReadOnlySpan<char> text) => _text = text;

    /// <summary>The object, or null when the text is something else.</summary>
    public static string? ToJson(ReadOnlySpan<char> arguments)
    {
        var reader = new PythonArguments(arguments);
        return reader.TryRead() ? reader._json.ToString() : null;
    }

    private bool TryRead()
    {
        _json.Append('{');
        for (SkipSpace(); _at < _text.Length; SkipSpace())
        {
            var from = _at;
            while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
                _at++;
            if (_at == from)
                return false;
            WriteText(_json.Length > 1 ? ", " : "", _text[from.._at].ToString());
            SkipSpace();
            if (!TryTake('='))
                return false;
            _json.Append(": ");
            if (!TryValue(0))
                return false;
            SkipSpace();
            if (_at < _text.Length && !TryTake(','))
                return false;
        }

        _json.Append('}');
        return true;
    }

    private bool TryValue(int depth)
    {
        SkipSpace();
        if (_at == _text.Length || depth > JsonScanner.MaxDepth - 2)
            return false;
        switch (_text[_at])
        {
            case '"' or '\'':
                return TryText();
            case '[' or '(':
                return TryItems(_text[_at] == '[' ? ']' : ')', depth);
            case '{':
                return TryMap(depth);
            default:
                return TryWord();
        }
    }

    private bool TryItems(char close, int depth)
    {
        _at++;
        _json.Append('[');
        for (var first = true; ; first = false)
        {
            SkipSpace();
            if (TryTake(close))
                break;
            if (!first)
            {
                if (!TryTake(','))
                    return false;
                SkipSpace();
                if (TryTake(close))
                    break;
                _json.Append(", ");
            }

            if (!TryValue(depth + 1))
                return false;
        }

        _json.Append(']');
        return true;
    }

    private bool TryMap(int depth)
    {
        _at++;
        _json.Append('{');
        for (var first = true; ; first = false)
        {
            SkipSpace();
            if (TryTake('}'))
                break;
            if (!first)
            {
                if (!TryTake(','))
                    return false;
                SkipSpace();
                if (TryTake('}'))
                    break;
                _json.Append(", ");
            }

            if (_at == _text.Length || _text[_at] is not ('"' or '\'') || !TryText())
                return false;
            SkipSpace();
            if (!TryTake(':'))
                return false;
            _json.Append(": ");
            if (!TryValue(depth + 1))
                return false;
        }

        _json.Append('}');
        return true;
    }

    private bool TryWord()
    {
        var from = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.' or '_'))
            _at++;
        var word = _text[from.._at].ToString();
        var json = word switch
        {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            _ when JsonScanner.IsValue(word) => word,
            _ => Number(word),
        };
        _json.Append(json);
        return json is not null;
    }

    // Python's numbers are a little freer than JSON's: 1., .5, 1_000, +1.
    private static string? Number(string word)
    {
        if (word.Length == 0 || !(char.IsAsciiDigit(word[^1]) || word[^1] == '.'))
            return null;
        var digits = word.Replace("_", "", StringComparison.Ordinal);
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value.ToString("R", CultureInfo.InvariantCulture)
            : null;
    }

    private bool TryText()
    {
        var quote = _text[_at++];
        var text = new StringBuilder();
        while (_at < _text.Length)
        {
            var c = _text[_at++];
            if (c == quote)
            {
                WriteText("", text.ToString());
                return true;
            }

            if (c != '\\')
                text.Append(c);
            else if (!TryEscape(text))
                return false;
        }

        return false;
    }

    private bool TryEscape(StringBuilder text)
    {
        if (_at == _text.Length)
            return false;
        var c = _text[_at++];
        switch (c)
        {
            case 'n':
                text.Append('\n');
                return true;
            case 't':
                text.Append('\t');
                return true;
            case 'r':
                text.Append('\r');
                return true;
            case 'b':
                text.Append('\b');
                return true;
            case 'f':
                text.Append('\f');
                return true;
            case '\n':
                return true;
            case '\\' or '\'' or '"' or '/':
                text.Append(c);
                return true;
            case 'x' or 'u' or 'U':
                var digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                if (_at + digits > _text.Length
                    || !int.TryParse(_text.Slice(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                    || code is < 0 or > 0x10FFFF)
                {
                    return false;
                }

                _at += digits;
                text.Append(code > 0xFFFF ? char.ConvertFromUtf32(code) : ((char)code).ToString());
                return true;
            default:
                text.Append('\\').Append(c);
                return true;
        }
    }

    private readonly void WriteText(string before, string text) =>
        _json.Append(before).Append(JsonQuote.Quote(text));

    private bool TryTake(char c)
    {
        if (_at == _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }
}

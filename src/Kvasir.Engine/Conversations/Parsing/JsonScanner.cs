namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>Reads one JSON value (RFC 8259) character by character and knows where it ends; lone surrogates are no JSON.</summary>
internal sealed class JsonScanner
{
    /// <summary>Deeper values are errors; what readers of JSON admit by default.</summary>
    public const int MaxDepth = 64;

    private readonly Stack<char> _open = new();
    private State _state = State.Value;
    private string _literal = "";
    private int _count;
    private int _unit;
    private bool _isKey;
    private bool _highRaw;
    private bool _highEscaped;

    private enum State
    {
        Value,
        ValueOrEnd,
        KeyOrEnd,
        Key,
        Colon,
        After,
        Text,
        Escape,
        Hex,
        Literal,
        Minus,
        Zero,
        Whole,
        Point,
        Fraction,
        Exponent,
        ExponentSign,
        ExponentDigits,
    }

    /// <summary>Whether a number that stands alone may end here.</summary>
    public bool IsNumberComplete => _open.Count == 0 && _state is State.Zero or State.Whole or State.Fraction or State.ExponentDigits;

    /// <summary>Whether the whole text is one JSON value of the kind that begins with <paramref name="first"/> (any when 0).</summary>
    public static bool IsValue(ReadOnlySpan<char> text, char first = '\0')
    {
        text = text.Trim(" \t\r\n");
        if (text.IsEmpty || (first != 0 && text[0] != first))
            return false;
        var scanner = new JsonScanner();
        for (var i = 0; i < text.Length; i++)
        {
            switch (scanner.Feed(text[i]))
            {
                case JsonScan.Done:
                    return i == text.Length - 1;
                case JsonScan.DoneBefore or JsonScan.Error:
                    return false;
            }
        }

        return scanner.IsNumberComplete;
    }

    public JsonScan Feed(char c) => _state switch
    {
        State.Text or State.Escape or State.Hex => InText(c),
        State.Literal => InLiteral(c),
        >= State.Minus => InNumber(c),
        _ when c is ' ' or '\t' or '\r' or '\n' => JsonScan.More,
        State.Value => Value(c),
        State.ValueOrEnd => c == ']' ? Close(c) : Value(c),
        State.KeyOrEnd when c == '}' => Close(c),
        State.KeyOrEnd or State.Key => c == '"' ? Text(isKey: true) : JsonScan.Error,
        State.Colon => c == ':' ? Go(State.Value) : JsonScan.Error,
        _ => AfterValue(c),
    };

    private JsonScan Go(State state)
    {
        _state = state;
        return JsonScan.More;
    }

    private JsonScan Value(char c)
    {
        switch (c)
        {
            case '{' or '[':
                if (_open.Count == MaxDepth)
                    return JsonScan.Error;
                _open.Push(c);
                return Go(c == '{' ? State.KeyOrEnd : State.ValueOrEnd);
            case '"':
                return Text(isKey: false);
            case 't' or 'f' or 'n':
                _literal = c == 't' ? "true" : c == 'f' ? "false" : "null";
                _count = 1;
                return Go(State.Literal);
            case '-':
                return Go(State.Minus);
            case '0':
                return Go(State.Zero);
            case >= '1' and <= '9':
                return Go(State.Whole);
            default:
                return JsonScan.Error;
        }
    }

    private JsonScan AfterValue(char c) => c switch
    {
        ',' => Go(_open.Peek() == '{' ? State.Key : State.Value),
        '}' or ']' => Close(c),
        _ => JsonScan.Error,
    };

    private JsonScan Close(char c)
    {
        if (_open.Peek() != (c == '}' ? '{' : '['))
            return JsonScan.Error;
        _open.Pop();
        return Complete();
    }

    private JsonScan Complete()
    {
        _state = State.After;
        return _open.Count == 0 ? JsonScan.Done : JsonScan.More;
    }

    private JsonScan Text(bool isKey)
    {
        _isKey = isKey;
        _highRaw = _highEscaped = false;
        return Go(State.Text);
    }

    private JsonScan InText(char c)
    {
        if (_state == State.Hex)
            return InHex(c);
        if (_state == State.Escape)
        {
            if (c == 'u')
            {
                _count = _unit = 0;
                return Go(State.Hex);
            }

            return !_highEscaped && "\"\\/bfnrt".Contains(c) ? Go(State.Text) : JsonScan.Error;
        }

        if (_highRaw != char.IsLowSurrogate(c) || (_highEscaped && c != '\\'))
            return JsonScan.Error;
        _highRaw = char.IsHighSurrogate(c);
        switch (c)
        {
            case '\\':
                return Go(State.Escape);
            case '"':
                return _isKey ? Go(State.Colon) : Complete();
            default:
                return c < ' ' ? JsonScan.Error : JsonScan.More;
        }
    }

    private JsonScan InHex(char c)
    {
        if (!char.IsAsciiHexDigit(c))
            return JsonScan.Error;
        _unit = (_unit << 4) | Convert.ToInt32(c.ToString(), 16);
        if (++_count < 4)
            return JsonScan.More;
        if (_highEscaped != char.IsLowSurrogate((char)_unit))
            return JsonScan.Error;
        _highEscaped = char.IsHighSurrogate((char)_unit);
        return Go(State.Text);
    }

    private JsonScan InLiteral(char c)
    {
        if (c != _literal[_count])
            return JsonScan.Error;
        return ++_count == _literal.Length ? Complete() : JsonScan.More;
    }

    private JsonScan InNumber(char c)
    {
        var digit = char.IsAsciiDigit(c);
        switch (_state)
        {
            case State.Minus:
                return digit ? Go(c == '0' ? State.Zero : State.Whole) : JsonScan.Error;
            case State.Point:
                return digit ? Go(State.Fraction) : JsonScan.Error;
            case State.Exponent:
                return digit ? Go(State.ExponentDigits) : c is '+' or '-' ? Go(State.ExponentSign) : JsonScan.Error;
            case State.ExponentSign:
                return digit ? Go(State.ExponentDigits) : JsonScan.Error;
            case State.Whole or State.Fraction or State.ExponentDigits when digit:
                return JsonScan.More;
            case State.Zero or State.Whole when c == '.':
                return Go(State.Point);
            case State.Zero or State.Whole or State.Fraction when c is 'e' or 'E':
                return Go(State.Exponent);
        }

        if (_open.Count == 0)
            return JsonScan.DoneBefore;
        _state = State.After;
        return Feed(c);
    }
}

using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Cuts a template into tokens, with Jinja's white space control and the settings that chat templates assume
/// (<c>trim_blocks</c> and <c>lstrip_blocks</c> on, one trailing newline dropped).
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Operators =
        ["==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;

    private JinjaLexer(string source)
    {
        _source = source.ReplaceLineEndings("\n");
        if (_source.EndsWith('\n'))
            _source = _source[..^1];
    }

    public static List<JinjaToken> Lex(string source)
    {
        var lexer = new JinjaLexer(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        bool trimStart = false;
        while (_at < _source.Length)
        {
            int open = NextTag(_at);
            string text = _source[_at..open];
            if (trimStart)
                text = text.TrimStart();
            trimStart = false;
            if (open < _source.Length)
                text = StripBefore(text, open);
            if (text.Length > 0)
                _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text, _line));
            CountLines(_at, open);
            _at = open;
            if (open < _source.Length)
                trimStart = LexTag();
        }

        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "", _line));
    }

    private int NextTag(int from)
    {
        for (int i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
                return i;
        }

        return _source.Length;
    }

    private string StripBefore(string text, int open)
    {
        char control = open + 2 < _source.Length ? _source[open + 2] : '\0';
        if (control == '-')
            return text.TrimEnd();
        if (control == '+' || _source[open + 1] == '{')
            return text;

        // lstrip_blocks: blanks between the beginning of the line and the tag go.
        string trimmed = text.TrimEnd(' ', '\t');
        bool lineStart = trimmed.Length > 0 ? trimmed[^1] == '\n' : open == text.Length || _source[open - text.Length - 1] == '\n';
        return lineStart ? trimmed : text;
    }

    // Returns whether the white space after the tag is to be dropped.
    private bool LexTag()
    {
        char kind = _source[_at + 1];
        int begin = _at;
        _at += 2;
        if (_at < _source.Length && _source[_at] is '-' or '+')
            _at++;
        if (kind == '#')
        {
            int close = _source.IndexOf("#}", _at, StringComparison.Ordinal);
            if (close < 0)
                throw Error("a comment is not closed with #}");
            CountLines(begin, close);
            _at = close + 2;
            return EndTag(_source[close - 1] == '-' && close > begin + 2, false, trimNewline: true);
        }

        bool block = kind == '%';
        _tokens.Add(new JinjaToken(block ? JinjaTokenKind.BlockBegin : JinjaTokenKind.OutputBegin, "", _line));
        if (block && TryRaw(out bool rawTrim))
            return rawTrim;
        string end = block ? "%}" : "}}";
        int depth = 0;
        while (true)
        {
            SkipBlanks();
            if (_at >= _source.Length)
                throw Error($"a tag is not closed with {end}");
            bool dash = _source[_at] is '-' or '+' && At(end, _at + 1);
            if (depth == 0 && (dash || At(end, _at)))
            {
                bool minus = dash && _source[_at] == '-';
                bool plus = dash && _source[_at] == '+';
                _at += dash ? 3 : 2;
                _tokens.Add(new JinjaToken(block ? JinjaTokenKind.BlockEnd : JinjaTokenKind.OutputEnd, "", _line));
                return EndTag(minus, plus, block);
            }

            LexOne(ref depth);
        }
    }

    private bool EndTag(bool minus, bool plus, bool trimNewline)
    {
        if (!minus && !plus && trimNewline && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
            _line++;
        }

        return minus;
    }

    private bool TryRaw(out bool trim)
    {
        trim = false;
        int at = _at;
        SkipBlanks();
        bool isRaw = At("raw", _at) && !(_at + 3 < _source.Length && IsNamePart(_source[_at + 3]));
        int open = isRaw ? _source.IndexOf("%}", _at, StringComparison.Ordinal) : -1;
        int close = open < 0 ? -1 : _source.IndexOf("endraw", open, StringComparison.Ordinal);
        int last = close < 0 ? -1 : _source.LastIndexOf("{%", close, StringComparison.Ordinal);
        int end = close < 0 ? -1 : _source.IndexOf("%}", close, StringComparison.Ordinal);
        if (last < open || end < 0)
        {
            if (isRaw)
                throw Error("raw is not closed with endraw");
            _at = at;
            return false;
        }

        _tokens.RemoveAt(_tokens.Count - 1);
        _tokens.Add(new JinjaToken(JinjaTokenKind.Text, _source[(open + 2)..last], _line));
        CountLines(_at, end);
        _at = end + 2;
        trim = EndTag(_source[end - 1] == '-', false, trimNewline: true);
        return true;
    }

    private void LexOne(ref int depth)
    {
        char c = _source[_at];
        if (c is '\'' or '"')
        {
            _tokens.Add(new JinjaToken(JinjaTokenKind.String, LexString(c), _line));
            return;
        }

        int start = _at;
        if (char.IsAsciiDigit(c))
        {
            while (_at < _source.Length && (char.IsAsciiDigit(_source[_at]) || IsFraction(start)))
                _at++;
            _tokens.Add(new JinjaToken(JinjaTokenKind.Number, _source[start.._at], _line));
            return;
        }

        if (IsNamePart(c))
        {
            while (_at < _source.Length && IsNamePart(_source[_at]))
                _at++;
            _tokens.Add(new JinjaToken(JinjaTokenKind.Name, _source[start.._at], _line));
            return;
        }

        string op = Operators.FirstOrDefault(o => At(o, start)) ?? throw Error($"the character '{c}' has no meaning here");
        depth += op is "(" or "[" or "{" ? 1 : op is ")" or "]" or "}" ? -1 : 0;
        _at += op.Length;
        _tokens.Add(new JinjaToken(JinjaTokenKind.Operator, op, _line));
    }

    private bool IsFraction(int start) => _source[_at] == '.' && !_source.AsSpan(start, _at - start).Contains('.')
        && _at + 1 < _source.Length && char.IsAsciiDigit(_source[_at + 1]);

    private string LexString(char quote)
    {
        var text = new StringBuilder();
        for (_at++; _at < _source.Length && _source[_at] != quote; _at++)
        {
            char c = _source[_at];
            if (c == '\n')
                _line++;
            if (c != '\\' || _at + 1 >= _source.Length)
            {
                text.Append(c);
                continue;
            }

            c = _source[++_at];
            int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                if (_at + digits >= _source.Length
                    || !int.TryParse(_source.AsSpan(_at + 1, digits), System.Globalization.NumberStyles.HexNumber, null, out int code)
                    || code is < 0 or > 0x10FFFF)
                {
                    throw Error($"\\{c} needs {digits} hexadecimal digits");
                }

                text.Append(code <= 0xFFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code));
                _at += digits;
                continue;
            }

            text.Append(c switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                '0' => "\0",
                '\n' => "",
                '\\' or '\'' or '"' => c.ToString(),
                _ => "\\" + c,
            });
        }

        if (_at >= _source.Length)
            throw Error("a string is not closed");
        _at++;
        return text.ToString();
    }

    private void SkipBlanks()
    {
        for (; _at < _source.Length && char.IsWhiteSpace(_source[_at]); _at++)
        {
            if (_source[_at] == '\n')
                _line++;
        }
    }

    private bool At(string text, int at) => string.CompareOrdinal(_source, at, text, 0, text.Length) == 0;

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';

    private void CountLines(int from, int to) => _line += _source.AsSpan(from, to - from).Count('\n');

    private ChatTemplateException Error(string problem) => new($"line {_line}: {problem}");
}

using System.Globalization;
using Kvasir.Grammars.Automata;
using static Kvasir.Grammars.Regex.RegexNode;

namespace Kvasir.Grammars.Regex;

/// <summary>Parses the regular part of ECMAScript's regular expressions (with the <c>u</c> flag's view of characters).</summary>
internal sealed class RegexParser
{
    private const int DeepestNesting = 200;
    private const int MaxRepeat = 50_000;

    private readonly string _pattern;
    private readonly bool _ignoreCase;
    private readonly bool _dotAll;
    private int _at;
    private int _depth;

    private RegexParser(string pattern, bool ignoreCase, bool dotAll)
    {
        _pattern = pattern;
        _ignoreCase = ignoreCase;
        _dotAll = dotAll;
    }

    private bool AtEndOfPattern => _at >= _pattern.Length;

    public static RegexNode Parse(string pattern, bool ignoreCase = false, bool dotAll = false)
    {
        if (pattern.Length > GrammarLimits.MaxSourceChars)
            throw new GrammarException($"the pattern has {pattern.Length} characters; at most {GrammarLimits.MaxSourceChars} are allowed");
        var parser = new RegexParser(pattern, ignoreCase, dotAll);
        var node = parser.ParseChoice();
        return parser.AtEndOfPattern ? node : throw parser.Error("unexpected ')'");
    }

    private RegexNode ParseChoice()
    {
        if (++_depth > DeepestNesting)
            throw Error($"groups nest deeper than {DeepestNesting}");
        var options = new List<RegexNode> { ParseSequence() };
        while (Take('|'))
            options.Add(ParseSequence());
        _depth--;
        return options.Count == 1 ? options[0] : new Choice(options);
    }

    private RegexNode ParseSequence()
    {
        var parts = new List<RegexNode>();
        while (!AtEndOfPattern && _pattern[_at] is not ('|' or ')'))
            parts.Add(ParseQuantified());
        return parts.Count == 1 ? parts[0] : new Sequence(parts);
    }

    private RegexNode ParseQuantified()
    {
        var start = _at;
        var node = ParseAtom();
        while (!AtEndOfPattern)
        {
            int min;
            int? max;
            if (Take('*'))
                (min, max) = (0, null);
            else if (Take('+'))
                (min, max) = (1, null);
            else if (Take('?'))
                (min, max) = (0, 1);
            else if (!TakeCounts(out min, out max))
                break;
            if (node is AtStart or AtEnd or Ahead)
                throw Error("a repetition of an assertion");
            if (min > MaxRepeat || max > MaxRepeat || max < min)
                throw Error($"the repetition '{_pattern[start.._at]}' is not between 0 and {MaxRepeat} in order");
            node = new Repeat(node, min, max);
            if (Take('+'))
                throw Error("possessive quantifiers are not supported");
            Take('?');
        }

        return node;
    }

    private bool TakeCounts(out int min, out int? max)
    {
        (min, max) = (0, null);
        if (AtEndOfPattern || _pattern[_at] != '{')
            return false;
        var close = _pattern.IndexOf('}', _at);
        if (close < 0)
            return false;
        var parts = _pattern[(_at + 1)..close].Split(',');
        if (parts.Length > 2 || !TryCount(parts[0], out min))
            return false;
        if (parts.Length == 1)
            max = min;
        else if (parts[1].Length > 0)
        {
            if (!TryCount(parts[1], out var most))
                return false;
            max = most;
        }

        _at = close + 1;
        return true;
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private RegexNode ParseAtom()
    {
        var c = _pattern[_at];
        switch (c)
        {
            case '^':
                _at++;
                return new AtStart();
            case '$':
                _at++;
                return new AtEnd();
            case '.':
                _at++;
                return new Set(_dotAll ? CodeSet.Any : RegexClasses.Dot);
            case '(':
                return ParseGroup();
            case '[':
                _at++;
                return new Set(ParseClass());
            case '\\':
                return ParseEscape();
            case '*' or '+' or '?':
                throw Error($"'{c}' with nothing to repeat");
            default:
                return new Set(Folded(CodeSet.Single(TakeCode())));
        }
    }

    private RegexNode ParseGroup()
    {
        var start = _at++;
        RegexNode node;
        if (Take("?:"))
            node = ParseChoice();
        else if (Take("?="))
            node = new Ahead(ParseChoice(), false, start);
        else if (Take("?!"))
            node = new Ahead(ParseChoice(), true, start);
        else if (Take("?<=") || Take("?<!"))
            throw Error("look-behind is not supported");
        else if (Take("?<") || Take("?P<"))
        {
            var close = _pattern.IndexOf('>', _at);
            if (close < 0)
                throw Error("a group's name without '>'");
            _at = close + 1;
            node = ParseChoice();
        }
        else if (!AtEndOfPattern && _pattern[_at] == '?')
            throw Error("this kind of group is not supported");
        else
            node = ParseChoice();
        if (!Take(')'))
            throw Error("a group without ')'");
        return node;
    }

    private RegexNode ParseEscape()
    {
        var next = _at + 1 < _pattern.Length ? _pattern[_at + 1] : throw Error("a lone '\\' at the end");
        if (next is 'b' or 'B')
            throw Error($"'\\{next}' (word boundary) is not supported");
        if (next is >= '1' and <= '9' or 'k')
            throw Error("back-references are not supported: they are not regular");
        if (next is 'A' or 'z' or 'Z')
        {
            _at += 2;
            return next == 'A' ? new AtStart() : new AtEnd();
        }

        return new Set(Folded(TakeEscape(out _)));
    }

    private CodeSet ParseClass()
    {
        var negative = Take('^');
        var set = CodeSet.Empty;
        var first = true;
        while (true)
        {
            if (AtEndOfPattern)
                throw Error("a class without ']'");
            if (!first && Take(']'))
                break;
            if (first && _pattern[_at] == ']')
            {
                _at++;
                break;
            }

            first = false;
            var low = TakeMember(out var single);
            if (single && _at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                var high = TakeMember(out var singleHigh);
                if (!singleHigh)
                    throw Error("a class such as \\d cannot end a range");
                if (high.Ranges.Length == 0 || low.Ranges.Length == 0 || high.Ranges[0].Low < low.Ranges[0].Low)
                    throw Error("a range in a class is out of order");
                low = CodeSet.Of((low.Ranges[0].Low, high.Ranges[0].High));
            }

            set = set.Union(low);
        }

        set = Folded(set);
        return negative ? set.Complement() : set;
    }

    private CodeSet TakeMember(out bool single)
    {
        single = true;
        return _pattern[_at] == '\\' ? TakeEscape(out single) : CodeSet.Single(TakeCode());
    }

    private CodeSet TakeEscape(out bool single)
    {
        _at++;
        if (AtEndOfPattern)
            throw Error("a lone '\\' at the end");
        var c = _pattern[_at++];
        single = false;
        switch (c)
        {
            case 'd': return RegexClasses.Digit;
            case 'D': return RegexClasses.Digit.Complement();
            case 'w': return RegexClasses.Word;
            case 'W': return RegexClasses.Word.Complement();
            case 's': return RegexClasses.Space;
            case 'S': return RegexClasses.Space.Complement();
            case 'p' or 'P':
                var close = Take('{') ? _pattern.IndexOf('}', _at) : -1;
                if (close < 0)
                    throw Error("\\p without {category}");
                var name = _pattern[_at..close];
                _at = close + 1;
                var set = RegexClasses.Category(name) ?? throw Error($"the Unicode category '{name}' is not supported");
                return c == 'p' ? set : set.Complement();
        }

        single = true;
        return CodeSet.Single(c switch
        {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'a' => 7,
            'e' => 27,
            'b' => '\b',
            '0' => 0,
            'x' => Take('{') ? Braced() : Hex(2),
            'u' => Unicode(),
            'c' when !AtEndOfPattern && char.IsAsciiLetter(_pattern[_at]) => _pattern[_at++] & 31,
            _ when char.IsAsciiLetterOrDigit(c) => throw Error($"the escape '\\{c}' is not supported"),
            _ => Back(),
        });

        int Back()
        {
            _at--;
            return TakeCode();
        }
    }

    private int Unicode()
    {
        if (Take('{'))
            return Braced();
        var high = Hex(4);
        if (!char.IsHighSurrogate((char)high))
            return high;
        if (!Take("\\u"))
            throw Error("a high surrogate without its low one");
        var low = Hex(4);
        return char.IsLowSurrogate((char)low) ? char.ConvertToUtf32((char)high, (char)low) : throw Error("a high surrogate without its low one");
    }

    private int Braced()
    {
        var close = _pattern.IndexOf('}', _at);
        return close > _at && close - _at <= 6 && Hex(close - _at) is <= CodeSet.Last and var code && Take('}') ? code : throw Error("an ill-formed \\u{...}");
    }

    private int Hex(int digits)
    {
        if (_at + digits > _pattern.Length || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            throw Error($"{digits} hexadecimal digits expected");
        _at += digits;
        return code;
    }

    private int TakeCode()
    {
        var c = _pattern[_at++];
        if (char.IsHighSurrogate(c) && !AtEndOfPattern && char.IsLowSurrogate(_pattern[_at]))
            return char.ConvertToUtf32(c, _pattern[_at++]);
        return char.IsSurrogate(c) ? throw Error("a lone surrogate") : c;
    }

    private CodeSet Folded(CodeSet set) => _ignoreCase ? RegexClasses.Fold(set) : set;

    private bool Take(char c)
    {
        if (AtEndOfPattern || _pattern[_at] != c)
            return false;
        _at++;
        return true;
    }

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_pattern, _at, text, 0, text.Length) != 0)
            return false;
        _at += text.Length;
        return true;
    }

    private GrammarException Error(string what) => new($"regular expression, at offset {Math.Min(_at, _pattern.Length)} of {_pattern.Length}: {what}");
}

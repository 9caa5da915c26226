using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Regex;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Text;

/// <summary>
/// Parses a subset of Lark: rules, terminals, strings, regular expressions, character ranges, groups, repetitions, <c>%ignore</c> and
/// <c>%import common.NAME</c>. The grammar is read as it is written, without a lexer that prefers the longest terminal: where terminals
/// overlap, every reading is allowed. Aliases and priorities change no sentence and are skipped.
/// </summary>
internal sealed class LarkParser
{
    private readonly TextCursor _cursor;
    private readonly RuleTable _rules;
    private readonly List<Node> _ignored = [];
    private readonly RuleNode _between = new("%ignore");
    private bool _inTerminal;
    private int _depth;

    private LarkParser(string text)
    {
        _cursor = new TextCursor(text, "Lark");
        _rules = new RuleTable(_cursor);
    }

    public static Node Parse(string text)
    {
        var parser = new LarkParser(text);
        while (parser.SkipLines())
            parser.ParseStatement();
        parser._between.Body = new RepeatNode(Node.Choice([.. parser._ignored]), 0, null, null);
        if (parser._ignored.Count == 0)
            parser._between.Body = Node.Nothing;
        return Node.Sequence(parser._between, parser._rules.Finish("start"));
    }

    private void ParseStatement()
    {
        if (_cursor.Take("%ignore"))
        {
            SkipSpace();
            _inTerminal = true;
            _ignored.Add(ParseChoice());
            return;
        }

        if (_cursor.Take("%import"))
        {
            ParseImport();
            return;
        }

        if (_cursor.Next == '%')
            throw _cursor.Error($"'{_cursor.TakeWhile(c => !char.IsWhiteSpace(c))}' is not supported; %ignore and %import common.NAME are");
        _cursor.TakeWhile(c => c is '?' or '!');
        var name = TakeName();
        if (name.Length == 0)
            throw _cursor.Error($"a rule's name is expected, not '{_cursor.Next}'");
        if (_cursor.Next == '{')
            throw _cursor.Error("templates are not supported");
        if (_cursor.Take("."))
            _cursor.TakeWhile(c => char.IsAsciiDigit(c) || c == '-');
        SkipSpace();
        _cursor.Expect(":");
        _inTerminal = IsTerminal(name);
        _rules.Define(name, ParseChoice());
    }

    private void ParseImport()
    {
        SkipSpace();
        _cursor.Expect("common.");
        var name = TakeName();
        var pattern = LarkCommon.Find(name) ?? throw _cursor.Error($"common.{name} is not known");
        SkipSpace();
        if (_cursor.Take("->"))
        {
            SkipSpace();
            name = TakeName();
        }

        _rules.Define(name, new DfaNode(RegexCompiler.Compile(pattern, wholeText: true)));
    }

    private Node ParseChoice()
    {
        if (++_depth > TextCursor.DeepestNesting)
            throw _cursor.Error($"groups nest deeper than {TextCursor.DeepestNesting}");
        var options = new List<Node>();
        do
        {
            options.Add(ParseSequence());
        }
        while (TakeBar());
        _depth--;
        return Node.Choice([.. options]);
    }

    private Node ParseSequence()
    {
        var parts = new List<Node>();
        while (true)
        {
            SkipSpace();
            if (_cursor.Take("->"))
            {
                SkipSpace();
                TakeName();
                SkipSpace();
            }

            if (_cursor.Ended || _cursor.Next is '|' or ')' or ']' or '\n' or '\r')
                return Node.Sequence([.. parts]);
            parts.Add(ParseRepeated());
        }
    }

    private Node ParseRepeated()
    {
        var node = ParseItem();
        while (true)
        {
            if (_cursor.Take("*"))
                node = _cursor.Repeat(node, 0, null);
            else if (_cursor.Take("+"))
                node = _cursor.Repeat(node, 1, null);
            else if (_cursor.Take("?"))
                node = _cursor.Repeat(node, 0, 1);
            else if (_cursor.Take("~") || TakeSpaced("~"))
            {
                SkipSpace();
                var min = _cursor.TakeNumber();
                node = _cursor.Repeat(node, min, _cursor.Take("..") ? _cursor.TakeNumber() : min);
            }
            else if (_cursor.Take("{"))
            {
                var min = char.IsAsciiDigit(_cursor.Next) ? _cursor.TakeNumber() : 0;
                int? max = min;
                if (_cursor.Take(","))
                    max = char.IsAsciiDigit(_cursor.Next) ? _cursor.TakeNumber() : null;
                _cursor.Expect("}");
                node = _cursor.Repeat(node, min, max);
            }
            else
                return node;
        }
    }

    private Node ParseItem()
    {
        if (_cursor.Take("("))
            return Closed(")", ParseChoice());
        if (_cursor.Take("["))
            return Node.Optional(Closed("]", ParseChoice()));
        if (_cursor.Take("\""))
            return Spaced(ParseString());
        if (_cursor.Take("/"))
            return Spaced(ParseRegex());
        var name = TakeName();
        if (name.Length == 0)
            throw _cursor.Error($"'{_cursor.Next}' is not expected here");
        return IsTerminal(name) ? Spaced(_rules.Use(name)) : _rules.Use(name);
    }

    private Node Closed(string end, Node node)
    {
        _cursor.TakeWhile(char.IsWhiteSpace);
        _cursor.Expect(end);
        return node;
    }

    private Node ParseString()
    {
        var text = _cursor.TakeQuoted();
        if (_cursor.Take("i"))
            return Node.Sequence([.. text.EnumerateRunes().Select(rune => new CharNode(RegexClasses.Fold(CodeSet.Single(rune.Value))))]);
        if (!_cursor.Take(".."))
            return Node.Text(text);
        _cursor.Expect("\"");
        var (low, high) = (text.EnumerateRunes().ToArray(), _cursor.TakeQuoted().EnumerateRunes().ToArray());
        return low.Length == 1 && high.Length == 1 && low[0] <= high[0]
            ? new CharNode(CodeSet.Of((low[0].Value, high[0].Value)))
            : throw _cursor.Error("a range needs one character on each side, in order");
    }

    private DfaNode ParseRegex()
    {
        var start = _cursor.At;
        while (_cursor.Next != '/')
        {
            if (_cursor.Ended || _cursor.Next == '\n')
                throw _cursor.Error("a regular expression without its closing '/'");
            _cursor.At += _cursor.Next == '\\' ? 2 : 1;
        }

        var pattern = _cursor.Slice(start).Replace("\\/", "/", StringComparison.Ordinal);
        _cursor.At++;
        var flags = _cursor.TakeWhile(c => c is 'i' or 's' or 'm' or 'u' or 'x' or 'l');
        if (flags.AsSpan().IndexOfAny('x', 'm', 'l') >= 0)
            throw _cursor.Error($"the flags '{flags}' are not supported; i, s and u are");
        try
        {
            return new DfaNode(RegexCompiler.Compile(pattern, wholeText: true, flags.Contains('i', StringComparison.Ordinal), flags.Contains('s', StringComparison.Ordinal)));
        }
        catch (GrammarException error)
        {
            throw _cursor.Error(error.Message);
        }
    }

    // Between terminals of a rule what is ignored may stand; inside a terminal it may not.
    private Node Spaced(Node terminal) => _inTerminal ? terminal : Node.Sequence(terminal, _between);

    // An option may go on on the next line, if that begins with a bar.
    private bool TakeBar()
    {
        SkipSpace();
        var start = _cursor.At;
        if (!SkipLines() || !_cursor.Take("|"))
        {
            _cursor.At = start;
            return false;
        }

        return true;
    }

    private bool TakeSpaced(string mark)
    {
        var start = _cursor.At;
        SkipSpace();
        if (_cursor.Take(mark))
            return true;
        _cursor.At = start;
        return false;
    }

    private string TakeName() => _cursor.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsTerminal(string name) => char.IsAsciiLetterUpper(name.TrimStart('_') is { Length: > 0 } rest ? rest[0] : 'a');

    private void SkipSpace()
    {
        while (true)
        {
            _cursor.TakeWhile(c => c is ' ' or '\t');
            if (_cursor.Next == '/' && _cursor.Peek(1) == '/')
                _cursor.SkipLine();
            else
                return;
        }
    }

    private bool SkipLines()
    {
        do
        {
            SkipSpace();
        }
        while (_cursor.TakeWhile(c => c is '\n' or '\r').Length > 0);
        return !_cursor.Ended;
    }
}

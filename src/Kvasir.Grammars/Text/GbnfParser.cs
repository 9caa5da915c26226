using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Text;

/// <summary>Parses llama.cpp's GBNF: rules <c>name ::= …</c>, strings, classes, groups, repetitions, comments. Left recursion is allowed.</summary>
internal sealed class GbnfParser
{
    private readonly TextCursor _cursor;
    private readonly RuleTable _rules;
    private int _depth;

    private GbnfParser(string text)
    {
        _cursor = new TextCursor(text, "GBNF");
        _rules = new RuleTable(_cursor);
    }

    public static Node Parse(string text)
    {
        var parser = new GbnfParser(text);
        parser.SkipSpace();
        while (!parser._cursor.Ended)
        {
            var name = parser._cursor.TakeWhile(IsNameChar);
            if (name.Length == 0)
                throw parser._cursor.Error($"a rule's name is expected, not '{parser._cursor.Next}'");
            parser.SkipSpace();
            parser._cursor.Expect("::=");
            parser._rules.Define(name, parser.ParseChoice());
        }

        return parser._rules.Finish("root");
    }

    private static bool IsNameChar(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private Node ParseChoice()
    {
        if (++_depth > TextCursor.DeepestNesting)
            throw _cursor.Error($"groups nest deeper than {TextCursor.DeepestNesting}");
        var options = new List<Node>();
        do
        {
            options.Add(ParseSequence());
        }
        while (_cursor.Take("|"));
        _depth--;
        return Node.Choice([.. options]);
    }

    private Node ParseSequence()
    {
        var parts = new List<Node>();
        while (true)
        {
            SkipSpace();
            if (_cursor.Ended || _cursor.Next is '|' or ')' || AtNextRule())
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
            else if (_cursor.Take("{"))
            {
                var min = _cursor.TakeNumber();
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
        if (_cursor.Take("\""))
            return Node.Text(_cursor.TakeQuoted());
        if (_cursor.Take("["))
            return new CharNode(ParseClass());
        if (_cursor.Take("."))
            return new CharNode(CodeSet.Any);
        if (_cursor.Take("("))
        {
            var node = ParseChoice();
            _cursor.Expect(")");
            return node;
        }

        var name = _cursor.TakeWhile(IsNameChar);
        return name.Length > 0 ? _rules.Use(name) : throw _cursor.Error($"'{_cursor.Next}' is not expected here");
    }

    private CodeSet ParseClass()
    {
        var negative = _cursor.Take("^");
        var ranges = new List<(int, int)>();
        while (!_cursor.Take("]"))
        {
            if (_cursor.Ended)
                throw _cursor.Error("a class without ']'");
            var low = _cursor.TakeCode();
            var high = low;
            if (_cursor.Next == '-' && _cursor.Peek(1) != ']')
            {
                _cursor.At++;
                high = _cursor.TakeCode();
            }

            if (high < low)
                throw _cursor.Error("a range in a class is out of order");
            ranges.Add((low, high));
        }

        var set = CodeSet.Of([.. ranges]);
        return negative ? set.Complement() : set;
    }

    private bool AtNextRule()
    {
        var start = _cursor.At;
        var isRule = _cursor.TakeWhile(IsNameChar).Length > 0;
        if (isRule)
        {
            _cursor.TakeWhile(c => c is ' ' or '\t');
            isRule = _cursor.Take("::=");
        }

        _cursor.At = start;
        return isRule;
    }

    private void SkipSpace()
    {
        while (true)
        {
            _cursor.TakeWhile(char.IsWhiteSpace);
            if (_cursor.Next != '#')
                return;
            _cursor.SkipLine();
        }
    }
}

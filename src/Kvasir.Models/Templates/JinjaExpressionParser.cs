using System.Globalization;

namespace Kvasir.Models;

/// <summary>Parses expressions by recursive descent; the precedences are Jinja's.</summary>
internal sealed class JinjaExpressionParser(JinjaTokens tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "<", ">"];

    public JinjaExpression Parse()
    {
        tokens.Enter();
        var value = ParseOr();
        while (tokens.TryTakeName("if"))
        {
            var condition = ParseOr();
            value = new JinjaExpression.Conditional(condition, value, tokens.TryTakeName("else") ? Parse() : null, value.Line);
        }

        tokens.Leave();
        return value;
    }

    /// <summary>For the items of a for tag, where "if" begins the loop's filter.</summary>
    public JinjaExpression ParseWithoutConditional() => ParseOr();

    /// <summary>An expression, or several with commas between, which make a list.</summary>
    public JinjaExpression ParseWithTuple()
    {
        var first = Parse();
        if (!tokens.Current.Is(","))
            return first;
        var items = new List<JinjaExpression> { first };
        while (tokens.TryTake(","))
            items.Add(Parse());
        return new JinjaExpression.ListOf(items, first.Line);
    }

    private JinjaExpression ParseOr()
    {
        var left = ParseAnd();
        while (tokens.TryTakeName("or"))
            left = new JinjaExpression.Binary("or", left, ParseAnd(), left.Line);
        return left;
    }

    private JinjaExpression ParseAnd()
    {
        var left = ParseNot();
        while (tokens.TryTakeName("and"))
            left = new JinjaExpression.Binary("and", left, ParseNot(), left.Line);
        return left;
    }

    private JinjaExpression ParseNot()
    {
        int line = tokens.Current.Line;
        if (!tokens.TryTakeName("not"))
            return ParseComparison();
        tokens.Enter();
        var operand = ParseNot();
        tokens.Leave();
        return new JinjaExpression.Unary("not", operand, line);
    }

    private JinjaExpression ParseComparison()
    {
        var left = ParseSum();
        JinjaExpression? chain = null;
        while (true)
        {
            var current = tokens.Current;
            string? op = current.Kind == JinjaTokenKind.Operator ? Comparisons.FirstOrDefault(c => c == current.Text) : null;
            if (op is not null)
                tokens.Take();
            else if (tokens.TryTakeName("in"))
                op = "in";
            else if (current.IsName("not") && tokens.Next.IsName("in"))
            {
                tokens.Take();
                tokens.Take();
                op = "not in";
            }
            else
            {
                return chain ?? left;
            }

            // a < b < c means a < b and b < c.
            var right = ParseSum();
            var comparison = new JinjaExpression.Binary(op, left, right, left.Line);
            chain = chain is null ? comparison : new JinjaExpression.Binary("and", chain, comparison, left.Line);
            left = right;
        }
    }

    private JinjaExpression ParseSum()
    {
        var left = ParseConcatenation();
        while (tokens.Current.Is("+") || tokens.Current.Is("-"))
            left = new JinjaExpression.Binary(tokens.Take().Text, left, ParseConcatenation(), left.Line);
        return left;
    }

    private JinjaExpression ParseConcatenation()
    {
        var left = ParseProduct();
        while (tokens.TryTake("~"))
            left = new JinjaExpression.Binary("~", left, ParseProduct(), left.Line);
        return left;
    }

    private JinjaExpression ParseProduct()
    {
        var left = ParseUnary(filtered: true);
        while (tokens.Current.Is("*") || tokens.Current.Is("/") || tokens.Current.Is("//") || tokens.Current.Is("%"))
            left = new JinjaExpression.Binary(tokens.Take().Text, left, ParseUnary(filtered: true), left.Line);
        return left;
    }

    private JinjaExpression ParseUnary(bool filtered)
    {
        int line = tokens.Current.Line;
        JinjaExpression value;
        if (tokens.Current.Is("-") || tokens.Current.Is("+"))
        {
            string op = tokens.Take().Text;
            tokens.Enter();
            value = new JinjaExpression.Unary(op, ParseUnary(filtered: false), line);
            tokens.Leave();
        }
        else
        {
            value = ParsePostfix(ParsePrimary());
            if (tokens.TryTake("**"))
            {
                tokens.Enter();
                value = new JinjaExpression.Binary("**", value, ParseUnary(filtered: false), line);
                tokens.Leave();
            }
        }

        return filtered ? ParseFilters(value) : value;
    }

    /// <summary>The filters of a block, without a bar before the first, applied to a value.</summary>
    public JinjaExpression ParseBlockFilters(JinjaExpression value)
    {
        int line = tokens.Current.Line;
        string name = tokens.TakeName();
        var first = new JinjaExpression.Filter(value, name, tokens.Current.Is("(") ? ParseArguments() : JinjaExpression.Arguments.None, line);
        return ParseFilters(first);
    }

    private JinjaExpression ParseFilters(JinjaExpression value)
    {
        while (true)
        {
            int line = tokens.Current.Line;
            if (tokens.TryTake("|"))
            {
                string name = tokens.TakeName();
                value = new JinjaExpression.Filter(value, name, tokens.Current.Is("(") ? ParseArguments() : JinjaExpression.Arguments.None, line);
            }
            else if (tokens.TryTakeName("is"))
            {
                bool negated = tokens.TryTakeName("not");
                value = new JinjaExpression.Test(value, tokens.TakeName(), ParseTestArguments(), negated, line);
            }
            else if (tokens.Current.Is("."))
            {
                value = ParsePostfix(value);
            }
            else
            {
                return value;
            }
        }
    }

    // "is divisibleby 3" takes one argument without parentheses.
    private JinjaExpression.Arguments ParseTestArguments()
    {
        var token = tokens.Current;
        if (token.Is("("))
            return ParseArguments();
        bool begins = token.Kind is JinjaTokenKind.Number or JinjaTokenKind.String
            || (token.Kind == JinjaTokenKind.Name && token.Text is not ("and" or "or" or "not" or "if" or "else" or "is" or "in"));
        return begins ? new JinjaExpression.Arguments([ParsePostfix(ParsePrimary())], []) : JinjaExpression.Arguments.None;
    }

    private JinjaExpression ParsePostfix(JinjaExpression value)
    {
        while (true)
        {
            int line = tokens.Current.Line;
            if (tokens.TryTake("."))
            {
                string key = tokens.Current.Kind == JinjaTokenKind.Number ? tokens.Take().Text : tokens.TakeName();
                object literal = int.TryParse(key, CultureInfo.InvariantCulture, out int index) ? (long)index : key;
                value = new JinjaExpression.Member(value, new JinjaExpression.Literal(literal, line), line);
            }
            else if (tokens.TryTake("["))
            {
                value = ParseSubscript(value, line);
            }
            else if (tokens.Current.Is("("))
            {
                value = new JinjaExpression.Call(value, ParseArguments(), line);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression ParseSubscript(JinjaExpression target, int line)
    {
        var parts = new JinjaExpression?[3];
        int part = 0;
        while (!tokens.TryTake("]"))
        {
            if (tokens.TryTake(":"))
            {
                if (++part == 3)
                    throw tokens.Error("']' was expected");
            }
            else
            {
                parts[part] = parts[part] is null ? Parse() : throw tokens.Error("']' was expected");
            }
        }

        if (part > 0)
            return new JinjaExpression.Slice(target, parts[0], parts[1], parts[2], line);
        return new JinjaExpression.Member(target, parts[0] ?? throw tokens.Error("an index was expected"), line);
    }

    private JinjaExpression.Arguments ParseArguments()
    {
        var positional = new List<JinjaExpression>();
        var named = new List<(string, JinjaExpression)>();
        tokens.Expect("(");
        while (!tokens.TryTake(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryTake(")"))
                    break;
            }

            int line = tokens.Current.Line;
            if (tokens.TryTake("*"))
            {
                positional.Add(new JinjaExpression.Spread(Parse(), line));
            }
            else if (tokens.TryTake("**"))
            {
                named.Add(("", new JinjaExpression.Spread(Parse(), line)));
            }
            else if (tokens.Current.Kind == JinjaTokenKind.Name && tokens.Next.Is("="))
            {
                string name = tokens.TakeName();
                tokens.Take();
                named.Add((name, Parse()));
            }
            else
            {
                positional.Add(Parse());
            }
        }

        return new JinjaExpression.Arguments(positional, named);
    }

    private JinjaExpression ParsePrimary()
    {
        var token = tokens.Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.String:
                string text = token.Text;
                while (tokens.Current.Kind == JinjaTokenKind.String)
                    text += tokens.Take().Text;
                return new JinjaExpression.Literal(text, token.Line);
            case JinjaTokenKind.Number:
                return new JinjaExpression.Literal(Number(token), token.Line);
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new JinjaExpression.Literal(true, token.Line),
                    "false" or "False" => new JinjaExpression.Literal(false, token.Line),
                    "none" or "None" => new JinjaExpression.Literal(null, token.Line),
                    _ => new JinjaExpression.Name(token.Text, token.Line),
                };
        }

        if (token.Is("("))
        {
            if (tokens.TryTake(")"))
                return new JinjaExpression.ListOf([], token.Line);
            var inner = Parse();
            if (!tokens.Current.Is(","))
            {
                tokens.Expect(")");
                return inner;
            }

            var items = new List<JinjaExpression> { inner };
            while (tokens.TryTake(",") && !tokens.Current.Is(")"))
                items.Add(Parse());
            tokens.Expect(")");
            return new JinjaExpression.ListOf(items, token.Line);
        }

        if (token.Is("["))
            return ParseList(token.Line);
        return token.Is("{")
            ? ParseDict(token.Line)
            : throw new ChatTemplateException($"line {token.Line}: an expression was expected, found \"{token.Text}\"");
    }

    private static object Number(JinjaToken token)
    {
        if (!token.Text.Contains('.') && long.TryParse(token.Text, CultureInfo.InvariantCulture, out long whole))
            return whole;
        return double.TryParse(token.Text, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw new ChatTemplateException($"line {token.Line}: the number {token.Text} is too large");
    }

    private JinjaExpression.ListOf ParseList(int line)
    {
        var items = new List<JinjaExpression>();
        while (!tokens.TryTake("]"))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryTake("]"))
                    break;
            }

            items.Add(Parse());
        }

        return new JinjaExpression.ListOf(items, line);
    }

    private JinjaExpression.DictOf ParseDict(int line)
    {
        var items = new List<(JinjaExpression, JinjaExpression)>();
        while (!tokens.TryTake("}"))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.TryTake("}"))
                    break;
            }

            var key = Parse();
            tokens.Expect(":");
            items.Add((key, Parse()));
        }

        return new JinjaExpression.DictOf(items, line);
    }
}

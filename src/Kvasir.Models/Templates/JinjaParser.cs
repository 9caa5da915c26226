namespace Kvasir.Models;

/// <summary>Parses statements.</summary>
internal sealed class JinjaParser
{
    private readonly JinjaTokens _tokens;
    private readonly JinjaExpressionParser _expressions;

    private JinjaParser(List<JinjaToken> tokens)
    {
        _tokens = new JinjaTokens(tokens);
        _expressions = new JinjaExpressionParser(_tokens);
    }

    public static IReadOnlyList<JinjaStatement> Parse(string source)
    {
        var parser = new JinjaParser(JinjaLexer.Lex(source));
        var body = parser.ParseBody();
        return parser._tokens.Current.Kind == JinjaTokenKind.End ? body : throw parser._tokens.Error("a tag that closes nothing");
    }

    // Reads up to the end or to a block tag whose name is one of the enders, which stays unread.
    private List<JinjaStatement> ParseBody(params ReadOnlySpan<string> enders)
    {
        _tokens.Enter();
        var body = new List<JinjaStatement>();
        while (true)
        {
            var token = _tokens.Current;
            switch (token.Kind)
            {
                case JinjaTokenKind.Text:
                    _tokens.Take();
                    body.Add(new JinjaStatement.Text(token.Text, token.Line));
                    break;
                case JinjaTokenKind.OutputBegin:
                    _tokens.Take();
                    body.Add(new JinjaStatement.Output(_expressions.ParseWithTuple(), token.Line));
                    _tokens.Expect(JinjaTokenKind.OutputEnd);
                    break;
                case JinjaTokenKind.BlockBegin when enders.Contains(_tokens.Next.Text):
                    _tokens.Leave();
                    return body;
                case JinjaTokenKind.BlockBegin when enders.Length > 0 || !_tokens.Next.Text.StartsWith("end", StringComparison.Ordinal):
                    _tokens.Take();
                    body.Add(ParseTag());
                    break;
                case JinjaTokenKind.End when enders.Length > 0:
                    throw _tokens.Error($"{enders[^1]} is missing");
                default:
                    _tokens.Leave();
                    return body;
            }
        }
    }

    private JinjaStatement ParseTag()
    {
        int line = _tokens.Current.Line;
        string name = _tokens.TakeName();
        switch (name)
        {
            case "if":
                return ParseIf(line);
            case "for":
                return ParseFor(line);
            case "set":
                return ParseSet(line);
            case "macro":
                return ParseMacro(line);
            case "call":
                return ParseCall(line);
            case "filter":
                var filtered = _expressions.ParseBlockFilters(new JinjaExpression.Name(JinjaStatement.BodyName, line));
                EndTag();
                return new JinjaStatement.FilterBlock(ParseUntil("endfilter"), filtered, line);
            case "generation":
                EndTag();
                return new JinjaStatement.Block(ParseUntil("endgeneration"), line);
            case "break":
                EndTag();
                return new JinjaStatement.Break(line);
            case "continue":
                EndTag();
                return new JinjaStatement.Continue(line);
            default:
                throw new ChatTemplateException($"line {line}: the tag \"{name}\" is not supported");
        }
    }

    private void EndTag() => _tokens.Expect(JinjaTokenKind.BlockEnd);

    private List<JinjaStatement> ParseUntil(string ender)
    {
        var body = ParseBody(ender);
        TakeTag();
        return body;
    }

    private string TakeTag()
    {
        _tokens.Expect(JinjaTokenKind.BlockBegin);
        string name = _tokens.TakeName();
        if (name != "elif")
            EndTag();
        return name;
    }

    private JinjaStatement.If ParseIf(int line)
    {
        var branches = new List<(JinjaExpression?, IReadOnlyList<JinjaStatement>)>();
        JinjaExpression? condition = _expressions.Parse();
        EndTag();
        while (true)
        {
            branches.Add((condition, ParseBody("elif", "else", "endif")));
            switch (TakeTag())
            {
                case "elif":
                    condition = _expressions.Parse();
                    EndTag();
                    break;
                case "else":
                    branches.Add((null, ParseUntil("endif")));
                    return new JinjaStatement.If(branches, line);
                default:
                    return new JinjaStatement.If(branches, line);
            }
        }
    }

    private JinjaStatement.For ParseFor(int line)
    {
        var targets = ParseTargets();
        if (!_tokens.TryTakeName("in"))
            throw _tokens.Error("\"in\" was expected");
        var items = _expressions.ParseWithoutConditional();
        var condition = _tokens.TryTakeName("if") ? _expressions.Parse() : null;
        EndTag();
        var body = ParseBody("else", "endfor");
        List<JinjaStatement> otherwise = TakeTag() == "else" ? ParseUntil("endfor") : [];
        return new JinjaStatement.For(targets, items, condition, body, otherwise, line);
    }

    private List<string> ParseTargets()
    {
        bool parenthesis = _tokens.TryTake("(");
        var targets = new List<string> { _tokens.TakeName() };
        while (_tokens.TryTake(","))
            targets.Add(_tokens.TakeName());
        if (parenthesis)
            _tokens.Expect(")");
        return targets;
    }

    private JinjaStatement ParseSet(int line)
    {
        var targets = ParseTargets();
        string? attribute = _tokens.TryTake(".") ? _tokens.TakeName() : null;
        if (_tokens.TryTake("="))
        {
            var value = _expressions.ParseWithTuple();
            EndTag();
            return new JinjaStatement.Set(targets, attribute, value, line);
        }

        if (attribute is not null || targets.Count > 1)
            throw _tokens.Error("'=' was expected");
        var filtered = _tokens.TryTake("|") ? _expressions.ParseBlockFilters(new JinjaExpression.Name(JinjaStatement.BodyName, line)) : null;
        EndTag();
        return new JinjaStatement.SetBlock(targets[0], ParseUntil("endset"), filtered, line);
    }

    private JinjaStatement.Macro ParseMacro(int line)
    {
        string name = _tokens.TakeName();
        var parameters = ParseParameters();
        EndTag();
        return new JinjaStatement.Macro(name, parameters, ParseUntil("endmacro"), line);
    }

    private JinjaStatement.CallBlock ParseCall(int line)
    {
        var parameters = _tokens.Current.Is("(") ? ParseParameters() : [];
        if (_expressions.Parse() is not JinjaExpression.Call call)
            throw _tokens.Error("a macro's call was expected");
        EndTag();

        // The body comes to the macro as a named argument.
        var given = call.Given with { Named = [.. call.Given.Named, ("caller", new JinjaExpression.Name("caller", line))] };
        return new JinjaStatement.CallBlock(call with { Given = given }, parameters, ParseUntil("endcall"), line);
    }

    private List<(string, JinjaExpression?)> ParseParameters()
    {
        var parameters = new List<(string, JinjaExpression?)>();
        _tokens.Expect("(");
        while (!_tokens.TryTake(")"))
        {
            if (parameters.Count > 0)
                _tokens.Expect(",");
            string parameter = _tokens.TakeName();
            parameters.Add((parameter, _tokens.TryTake("=") ? _expressions.Parse() : null));
        }

        return parameters;
    }
}

using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>Calls whose parameters stand between tags, one by one, as plain text (Qwen3-Coder, GLM). Their types are the schema's.</summary>
internal sealed class TaggedCalls : CallSyntax
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Markers => CallStart.Length > 0 ? [SectionStart, CallStart] : [SectionStart];

    /// <inheritdoc/>
    public override IEnumerable<string> Marks => [SectionStart, SectionEnd, CallStart, NameEnd, CallEnd, ParameterStart, ValueStart, ValueEnd];

    /// <summary>Begins every call's section, e.g. <c>&lt;tool_call&gt;</c>.</summary>
    public required string SectionStart { get; init; }

    /// <summary>Ends it.</summary>
    public required string SectionEnd { get; init; }

    /// <summary>Stands before the name; a section may be left out where it is not empty.</summary>
    public required string CallStart { get; init; }

    /// <summary>Stands after the name.</summary>
    public required string NameEnd { get; init; }

    /// <summary>Ends the call; may be empty.</summary>
    public required string CallEnd { get; init; }

    /// <summary>Stands before a parameter's name.</summary>
    public required string ParameterStart { get; init; }

    /// <summary>Stands between a parameter's name and its value. White space in it is optional when read.</summary>
    public required string ValueStart { get; init; }

    /// <summary>Ends the value.</summary>
    public required string ValueEnd { get; init; }

    /// <summary>Line breaks beside the value that are not part of it.</summary>
    public string ValuePadding { get; init; } = "";

    /// <summary>What the grammar writes between parameters.</summary>
    public string ParameterEnd { get; init; } = "";

    public override IEnumerable<Pause> Read(CallInput input)
    {
        foreach (var pause in input.Take(SectionStart))
            yield return pause;
        foreach (var pause in input.SkipSpace())
            yield return pause;
        foreach (var pause in input.Take(CallStart))
            yield return pause;
        if (input.Ok)
        {
            foreach (var pause in input.TakeWord())
                yield return pause;
        }

        var name = input.Taken;
        if (input.Ok && NameEnd.Trim() is { Length: > 0 } end)
        {
            foreach (var pause in input.Take(end))
                yield return pause;
        }

        if (!input.Ok || !input.TryStart(name))
        {
            input.Fail();
            yield break;
        }

        foreach (var pause in ReadParameters(input, input.Tools.Find(name)))
            yield return pause;
        if (input.Failed)
            yield break;
        if (CallEnd.Length > 0)
        {
            foreach (var pause in input.Take(CallEnd))
                yield return pause;
        }
        else
        {
            foreach (var pause in input.Take(SectionEnd))
                yield return pause;
        }

        if (!input.Ok)
        {
            input.Fail();
            yield break;
        }

        input.Give("}");
        input.End();
        foreach (var pause in input.SkipSpace())
            yield return pause;
        foreach (var pause in input.Take(SectionEnd))
            yield return pause;
    }

    public override Grammar Body(ToolGrammars tools, bool several)
    {
        var padding = CallStart.Length > 0 ? "\n" : "";
        var call = tools.AnyByParameters((tool, parameters) =>
        {
            var parts = new List<Grammar> { Grammar.Literal(padding + CallStart + tool.Name + NameEnd) };
            foreach (var parameter in parameters)
            {
                var value = parameter.IsText
                    ? parameter.Choices is { } choices ? Grammar.Choice([.. choices.Select(c => Grammar.Literal(c + ValuePadding + ValueEnd))])
                        : Grammar.TextUntil(ValueEnd)
                    : Grammar.Sequence(parameter.Value, Grammar.Literal(ValuePadding + ValueEnd));
                var whole = Grammar.Sequence(
                    Grammar.Literal(ParameterStart + parameter.Name + ValueStart + ValuePadding), value, Grammar.Literal(ParameterEnd));
                parts.Add(parameter.Required ? whole : Grammar.Optional(whole));
            }

            parts.Add(Grammar.Literal(CallEnd + padding + SectionEnd));
            return Grammar.Sequence([.. parts]);
        });
        return Grammar.Repeat(call, 1, several ? null : 1, Grammar.Sequence(Space, Grammar.Literal(SectionStart)));
    }

    private IEnumerable<Pause> ReadParameters(CallInput input, ToolDefinition? tool)
    {
        var schema = ToolParameters.Of(tool);
        var first = true;
        input.Give("{");
        while (true)
        {
            foreach (var pause in input.SkipSpace())
                yield return pause;
            foreach (var pause in input.Take(ParameterStart))
                yield return pause;
            if (!input.Ok)
                yield break;
            var separator = ValueStart.Trim();
            var nameEnd = separator.IndexOf('>') is >= 0 and var at ? separator[..(at + 1)] : separator;
            foreach (var pause in input.TakeUntil(nameEnd))
                yield return pause;
            var name = input.Taken.Trim();
            if (input.Ok && separator.Length > nameEnd.Length)
            {
                foreach (var pause in input.SkipSpace())
                    yield return pause;
                foreach (var pause in input.Take(separator[nameEnd.Length..].Trim()))
                    yield return pause;
            }

            if (input.Ok)
            {
                foreach (var pause in input.TakeUntil(ValueEnd))
                    yield return pause;
            }

            if (!input.Ok)
            {
                input.Fail();
                yield break;
            }

            input.Give((first ? "" : ", ") + JsonQuote.Quote(name) + ": " + Value(Unpadded(input.Taken), schema.FirstOrDefault(p => p.Name == name)));
            first = false;
        }
    }

    private string Unpadded(string value)
    {
        if (ValuePadding.Length == 0)
            return value;
        var from = value.StartsWith(ValuePadding, StringComparison.Ordinal) ? ValuePadding.Length : 0;
        var to = value.Length - (value.EndsWith(ValuePadding, StringComparison.Ordinal) && value.Length > from ? ValuePadding.Length : 0);
        return value[from..to];
    }

    private static string Value(string text, ToolParameter? parameter)
    {
        if (parameter is { IsText: true })
            return JsonQuote.Quote(text);
        if (JsonScanner.IsValue(text))
            return text.Trim();
        return text.Trim() switch
        {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            _ => JsonQuote.Quote(text),
        };
    }
}

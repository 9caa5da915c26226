using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>Calls as a Python list of function calls with named arguments (Llama 4, LFM2): <c>[f(a=1), g()]</c>.</summary>
internal sealed class PythonCalls : CallSyntax
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Markers => [Start];

    /// <inheritdoc/>
    public override IEnumerable<string> Marks => [Start, End];

    /// <inheritdoc/>
    public override char? BareStart => Bare ? '[' : null;

    /// <summary>Begins the list.</summary>
    public required string Start { get; init; }

    /// <summary>Ends it.</summary>
    public required string End { get; init; }

    /// <summary>Whether the list may stand at the answer's start without a mark.</summary>
    public bool Bare { get; init; }

    public override IEnumerable<Pause> Read(CallInput input)
    {
        foreach (var pause in input.Take(Start))
            yield return pause;
        foreach (var pause in input.SkipSpace())
            yield return pause;
        var list = input.TryTake('[');
        do
        {
            foreach (var pause in input.SkipSpace())
                yield return pause;
            foreach (var pause in input.TakeWord())
                yield return pause;
            var name = input.Taken;
            if (!input.Ok || !input.TryTake('('))
            {
                input.Fail();
                yield break;
            }

            foreach (var pause in input.TakeToParenthesis())
                yield return pause;
            if (!input.Ok || PythonArguments.ToJson(input.Taken) is not { } arguments || !input.TryStart(name))
            {
                input.Fail();
                yield break;
            }

            input.Give(arguments);
            input.End();
            foreach (var pause in input.SkipSpace())
                yield return pause;
        }
        while (list && input.TryTake(','));

        if (list)
            input.TryTake(']');
        foreach (var pause in input.SkipSpace())
            yield return pause;
        foreach (var pause in input.Take(End))
            yield return pause;
    }

    public override Grammar Body(ToolGrammars tools, bool several)
    {
        var call = tools.AnyByParameters((tool, parameters) =>
            Grammar.Sequence(Grammar.Literal(tool.Name + "("), Arguments(parameters), Grammar.Literal(")")));
        return Grammar.Sequence(
            Space, Grammar.Literal("["), Grammar.Repeat(call, 1, several ? null : 1, Grammar.Literal(", ")), Grammar.Literal("]" + (Bare ? "" : End)));
    }

    // JSON's values are read as Python's. Whichever argument comes first has no comma before it.
    private static Grammar Arguments(IReadOnlyList<ParameterGrammar> parameters)
    {
        var rest = new Grammar[parameters.Count + 1];
        rest[^1] = Grammar.Literal("");
        for (var i = parameters.Count - 1; i >= 0; i--)
        {
            var further = Grammar.Sequence(Grammar.Literal(", "), Argument(parameters[i]));
            rest[i] = Grammar.Sequence(parameters[i].Required ? further : Grammar.Optional(further), rest[i + 1]);
        }

        var options = new List<Grammar>();
        for (var first = 0; first < parameters.Count; first++)
        {
            options.Add(Grammar.Sequence(Argument(parameters[first]), rest[first + 1]));
            if (parameters[first].Required)
                return Grammar.Choice([.. options]);
        }

        options.Add(Grammar.Literal(""));
        return Grammar.Choice([.. options]);
    }

    private static Grammar Argument(ParameterGrammar parameter) => Grammar.Sequence(Grammar.Literal(parameter.Name + "="), parameter.Value);
}

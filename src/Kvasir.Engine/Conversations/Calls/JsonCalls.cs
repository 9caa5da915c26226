using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>Calls as JSON objects: each between marks (Hermes, Qwen), in a list after a mark (Mistral, Granite, Phi), or bare (Llama 3).</summary>
internal sealed class JsonCalls : CallSyntax
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Markers => Starts;

    /// <inheritdoc/>
    public override IEnumerable<string> Marks => [.. Starts, .. Ends];

    /// <inheritdoc/>
    public override char? BareStart => Bare ? '{' : null;

    /// <summary>Texts that begin calls.</summary>
    public required IReadOnlyList<string> Starts { get; init; }

    /// <summary>Texts that may end them; the first is the one that the grammar writes.</summary>
    public IReadOnlyList<string> Ends { get; init; } = [];

    /// <summary>Whether the grammar writes a list of objects and not one object between marks.</summary>
    public bool List { get; init; }

    /// <summary>Whether objects may stand at the answer's start, without a mark, with semicolons between.</summary>
    public bool Bare { get; init; }

    /// <summary>White space that the grammar writes after the start and before the end.</summary>
    public string Padding { get; init; } = "";

    /// <summary>The key of the arguments that the grammar writes.</summary>
    public string ArgumentsKey { get; init; } = "arguments";

    /// <summary>The key of the name that the grammar writes.</summary>
    public string NameKey { get; init; } = "name";

    public override IEnumerable<Pause> Read(CallInput input)
    {
        foreach (var pause in input.TakeAny(Starts))
            yield return pause;
        foreach (var pause in input.SkipSpace())
            yield return pause;
        if (input.Is('['))
        {
            foreach (var pause in JsonCallReader.ReadList(input))
                yield return pause;
        }
        else
        {
            do
            {
                foreach (var pause in input.SkipSpace())
                    yield return pause;
                foreach (var pause in JsonCallReader.ReadObject(input))
                    yield return pause;
                if (input.Failed)
                    yield break;
                foreach (var pause in input.SkipSpace())
                    yield return pause;
            }
            while (Bare && input.TryTake(';'));
        }

        if (input.Failed)
            yield break;
        foreach (var pause in input.SkipSpace())
            yield return pause;
        foreach (var pause in input.TakeAny(Ends))
            yield return pause;
    }

    public override Grammar Body(ToolGrammars tools, bool several)
    {
        var call = tools.Any((name, arguments) => Grammar.Sequence(
            Grammar.Literal($"{{\"{NameKey}\": {name}, \"{ArgumentsKey}\": "), arguments, Grammar.Literal("}")));
        var end = Ends.Count > 0 ? Ends[0] : "";
        if (List)
        {
            return Grammar.Sequence(
                Grammar.Literal(Padding + "["), Grammar.Repeat(call, 1, several ? null : 1, Grammar.Literal(", ")), Grammar.Literal("]" + Padding + end));
        }

        if (Bare)
            return Grammar.Repeat(call, 1, several ? null : 1, Grammar.Literal("; "));
        var one = Grammar.Sequence(Grammar.Literal(Padding), call, Grammar.Literal(Padding + end));
        return Grammar.Repeat(one, 1, several ? null : 1, Grammar.Literal(Padding + Starts[0]));
    }
}

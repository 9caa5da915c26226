using System.Text.Json;
using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;
using Kvasir.Models;

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

    /// <summary>The key of the arguments that the grammar writes.</summary>
    public string ArgumentsKey { get; init; } = "arguments";

    /// <summary>The key of a number that the grammar writes before the name; null for none.</summary>
    public string? NumberKey { get; init; }

    /// <summary>The key of an id of nine letters and digits that the grammar admits after the arguments; null for none.</summary>
    public string? IdKey { get; init; }

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
        var end = Grammar.Literal(Ends.Count > 0 ? Ends[0] : "");
        var call = tools.Any(Call);
        int? most = several ? null : 1;
        if (List)
        {
            var calls = Grammar.Repeat(call, 1, most, Grammar.Sequence(Grammar.Literal(","), Space));
            return Grammar.Sequence(Space, Grammar.Literal("["), Space, calls, Space, Grammar.Literal("]"), Space, end);
        }

        if (Bare)
            return Grammar.Repeat(call, 1, most, Grammar.Sequence(Grammar.Literal(";"), Space));
        return Grammar.Repeat(Grammar.Sequence(Space, call, Space, end), 1, most, Grammar.Sequence(Space, Grammar.Literal(Starts[0])));
    }

    /// <inheritdoc/>
    public override string? Write(IReadOnlyList<ChatToolCall> calls)
    {
        var objects = calls.Select(c =>
            $"{{\"{NameKey}\": {JsonQuote.Quote(c.Name)}, \"{ArgumentsKey}\": {(c.Arguments.ValueKind == JsonValueKind.Object ? c.Arguments.GetRawText() : "{}")}}}");
        var end = Ends.Count > 0 ? Ends[0] : "";
        if (List)
            return $"{Starts[0]}[{string.Join(", ", objects)}]{end}";
        return Bare ? string.Join("; ", objects) : string.Join('\n', objects.Select(o => $"{Starts[0]}\n{o}\n{end}"));
    }

    private Grammar Call(string name, Grammar arguments)
    {
        var blank = Grammar.Optional(Grammar.Literal(" "));
        var id = NumberKey is null ? Grammar.Literal("") : Grammar.FromRegex($"\"{NumberKey}\": ?\"[0-9]{{1,2}}\", ?");
        return Grammar.Sequence(
            Grammar.Literal("{"), id, Grammar.Literal($"\"{NameKey}\":"), blank, Grammar.Literal(name + ","), blank,
            Grammar.Literal($"\"{ArgumentsKey}\":"), blank, arguments,
            IdKey is null ? blank : Grammar.Optional(Grammar.FromRegex($", ?\"{IdKey}\": ?\"[A-Za-z0-9]{{9}}\"")), Grammar.Literal("}"));
    }
}

using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>
/// Calls as a name, marks, and a JSON object of arguments (DeepSeek, Kimi, Mistral since tekken v11, Llama's <c>&lt;function=</c>), perhaps
/// with marks around them all. After the start a JSON list or object of whole calls is read too (Mistral before v11).
/// </summary>
internal sealed class NamedCalls : CallSyntax
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Markers => SectionStart is null ? [CallStart] : [SectionStart, CallStart];

    /// <inheritdoc/>
    public override IEnumerable<string> Marks =>
        [SectionStart ?? "", SectionEnd ?? "", CallStart, CallEnd, Separator, IdMark ?? "", Prefix, .. OtherSeparators, .. OtherEnds];

    /// <summary>Begins all calls together; null where each stands alone.</summary>
    public string? SectionStart { get; init; }

    /// <summary>Ends them.</summary>
    public string? SectionEnd { get; init; }

    /// <summary>Begins each call.</summary>
    public required string CallStart { get; init; }

    /// <summary>Stands before the name where the grammar writes it; read as a first word that is no name.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Stands between name and arguments.</summary>
    public required string Separator { get; init; }

    /// <summary>Other texts that may stand there.</summary>
    public IReadOnlyList<string> OtherSeparators { get; init; } = [];

    /// <summary>Is followed by the call's id, before the separator.</summary>
    public string? IdMark { get; init; }

    /// <summary>Ends each call.</summary>
    public string CallEnd { get; init; } = "";

    /// <summary>Texts that may stand before <see cref="CallEnd"/>, or instead of it.</summary>
    public IReadOnlyList<string> OtherEnds { get; init; } = [];

    /// <summary>Whether the written name is <c>functions.NAME:NUMBER</c>, which is the call's id.</summary>
    public bool NameIsId { get; init; }

    public override IEnumerable<Pause> Read(CallInput input)
    {
        if (SectionStart is not null)
        {
            foreach (var pause in input.Take(SectionStart))
                yield return pause;
        }

        while (true)
        {
            foreach (var pause in input.SkipSpace())
                yield return pause;
            foreach (var pause in input.Take(CallStart))
                yield return pause;
            if (!input.Ok)
                break;
            foreach (var pause in input.SkipSpace())
                yield return pause;
            var whole = input.Is('[') ? JsonCallReader.ReadList(input) : input.Is('{') ? JsonCallReader.ReadObject(input) : ReadOne(input);
            foreach (var pause in whole)
                yield return pause;
            if (input.Failed)
                yield break;
        }

        if (SectionEnd is not null)
        {
            foreach (var pause in input.Take(SectionEnd))
                yield return pause;
        }
    }

    public override Grammar Body(ToolGrammars tools, bool several)
    {
        var call = tools.Any((name, arguments) => Grammar.Sequence(
            Grammar.Literal(Prefix + Written(name)), NameIsId ? Grammar.FromRegex(":[0-9]{1,2}") : Grammar.Literal(""),
            Grammar.Literal(Separator), arguments, Grammar.Literal(CallEnd)));
        var head = SectionStart is null ? Grammar.Literal("") : Grammar.Literal(CallStart);
        return Grammar.Sequence(
            head, Grammar.Repeat(call, 1, several ? null : 1, Grammar.Sequence(Space, Grammar.Literal(CallStart))), Grammar.Literal(SectionEnd ?? ""));
    }

    private string Written(string jsonName) => NameIsId ? "functions." + jsonName.Trim('"') : jsonName.Trim('"');

    private IEnumerable<Pause> ReadOne(CallInput input)
    {
        string[] separators = [Separator.Trim(), .. OtherSeparators];
        var name = "";
        string? id = null;
        // A first word may say what kind of call it is; the last one before the arguments is the name.
        while (!input.Is('{'))
        {
            foreach (var pause in input.TakeWord(NameIsId ? "_-.:" : "_-."))
                yield return pause;
            if (!input.Ok)
            {
                input.Fail();
                yield break;
            }

            name = input.Taken;
            if (IdMark is not null)
            {
                foreach (var pause in input.Take(IdMark))
                    yield return pause;
                if (input.Ok)
                {
                    foreach (var pause in input.TakeWord())
                        yield return pause;
                    id = input.Taken;
                }
            }

            var separated = false;
            do
            {
                foreach (var pause in input.SkipSpace())
                    yield return pause;
                foreach (var pause in input.TakeAny(separators))
                    yield return pause;
                separated |= input.Ok;
            }
            while (input.Ok);
            if (!separated && !input.Is('{'))
            {
                input.Fail();
                yield break;
            }
        }

        if (NameIsId)
            (id, name) = (name, FunctionOf(name));
        if (!input.TryStart(name, id))
        {
            input.Fail();
            yield break;
        }

        foreach (var pause in input.TakeJson('{', giveOut: true))
            yield return pause;
        if (!input.Ok)
        {
            input.Fail();
            yield break;
        }

        input.End();
        foreach (string end in (string[])[.. OtherEnds, CallEnd.Trim()])
        {
            if (end.Length == 0)
                continue;
            foreach (var pause in input.SkipSpace())
                yield return pause;
            foreach (var pause in input.Take(end))
                yield return pause;
        }
    }

    private static string FunctionOf(string id)
    {
        var name = id.StartsWith("functions.", StringComparison.Ordinal) ? id["functions.".Length..] : id;
        var colon = name.LastIndexOf(':');
        return colon < 0 ? name : name[..colon];
    }
}

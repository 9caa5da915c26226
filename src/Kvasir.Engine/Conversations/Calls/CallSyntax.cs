using System.Text.RegularExpressions;
using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>How a family of models writes calls: what begins them, how they are read, and the grammar that forces them.</summary>
internal abstract class CallSyntax
{
    /// <summary>A little white space, where models of one family have different habits.</summary>
    protected static Grammar Space { get; } = Grammar.FromRegex("[ \\n]{0,6}");

    /// <summary>Texts one of which begins calls wherever it stands in an answer. The first is the one that the grammar writes.</summary>
    public abstract IReadOnlyList<string> Markers { get; }

    /// <summary>All texts by which calls are told apart, so that special tokens among them are kept.</summary>
    public abstract IEnumerable<string> Marks { get; }

    /// <summary>A character by which calls may also begin at the answer's start; null for none.</summary>
    public virtual char? BareStart => null;

    /// <summary>Whether only calls of known functions are calls, lest ordinary text be taken for one.</summary>
    public bool KnownOnly => BareStart is not null;

    /// <summary>Reads calls from their beginning on.</summary>
    public abstract IEnumerable<Pause> Read(CallInput input);

    /// <summary>Calls as the model writes them, for templates that do not show them; null where that is not known.</summary>
    public virtual string? Write(IReadOnlyList<ChatToolCall> calls) => null;

    /// <summary>What follows the first marker (or, without one, all of the calls), when one or several functions of these are called.</summary>
    public abstract Grammar Body(ToolGrammars tools, bool several);

    /// <summary>Calls and nothing else.</summary>
    public Grammar Section(ToolGrammars tools, bool several)
    {
        var marker = Grammar.Literal(Markers[0]);
        return Grammar.Sequence(BareStart is null ? marker : Grammar.Optional(marker), Body(tools, several));
    }

    /// <summary>Text without calls, or text and then calls.</summary>
    /// <param name="text">What text without calls must be; null for any.</param>
    public Grammar Free(ToolGrammars tools, bool several, Grammar? text)
    {
        if (text is not null)
            return Grammar.Choice(text, Section(tools, several));
        if (BareStart is not { } bare)
            return Grammar.Choice(Grammar.TextWithout([.. Markers]), Grammar.Sequence(Grammar.TextUntil(Markers[0]), Body(tools, several)));

        // What begins like a call is one.
        var (first, second) = (Regex.Escape(Markers[0][..1]), Regex.Escape(Markers[0][1..2]));
        var beginning = Grammar.FromRegex($@"\s{{0,8}}([^\s\{bare}{first}]|{first}[^{second}])");
        return Grammar.Choice(
            Grammar.Literal(""), Grammar.Sequence(beginning, Grammar.TextWithout([.. Markers])), Section(tools, several));
    }
}

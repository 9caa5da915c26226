using Kvasir.Grammars.Automata;
using static Kvasir.Grammars.Regex.RegexNode;

namespace Kvasir.Grammars.Regex;

/// <summary>Compiles regular expressions into automata over code points.</summary>
internal static class RegexCompiler
{
    /// <param name="pattern">The expression.</param>
    /// <param name="wholeText">Whether it must match all of the text; else a match anywhere is enough, as in JSON schema.</param>
    /// <param name="ignoreCase">Whether case does not matter.</param>
    /// <param name="dotAll">Whether the dot matches line breaks.</param>
    public static Dfa Compile(string pattern, bool wholeText, bool ignoreCase = false, bool dotAll = false)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Compile(RegexParser.Parse(pattern, ignoreCase, dotAll), wholeText);
    }

    private static Dfa Compile(RegexNode node, bool wholeText)
    {
        if (node is Choice choice && choice.Options.Any(HasAhead))
            return choice.Options.Select(option => Compile(option, wholeText)).Aggregate((a, b) => a.Union(b));
        if (node is not Sequence sequence || !HasAhead(sequence))
            return Build(node, wholeText, wholeText);

        // Look-ahead is supported where it begins at the start of the text: there it is an intersection.
        var parts = sequence.Parts;
        var at = 0;
        var anchored = wholeText;
        while (at < parts.Count && parts[at] is AtStart)
        {
            anchored = true;
            at++;
        }

        var aheads = parts.Skip(at).TakeWhile(part => part is Ahead).Cast<Ahead>().ToArray();
        if (aheads.Length > 0 && !anchored)
            throw Misplaced(aheads[0]);
        var result = Build(new Sequence([.. parts.Skip(at + aheads.Length)]), anchored, wholeText);
        foreach (var ahead in aheads)
        {
            var seen = Compile(ahead.Body, wholeText: false, anchoredStart: true);
            result = ahead.Negative ? result.Except(seen) : result.Intersect(seen);
        }

        return result;
    }

    private static Dfa Compile(RegexNode node, bool wholeText, bool anchoredStart) => Build(node, anchoredStart, wholeText);

    private static Dfa Build(RegexNode node, bool anchoredStart, bool anchoredEnd)
    {
        var nfa = new Nfa();
        var start = nfa.Add();
        var end = nfa.Add();
        var from = start;
        if (!anchoredStart)
        {
            // Characters before the match; edges at the start of the text stay reachable only without any.
            from = nfa.Add();
            nfa.Free(start, from);
            nfa.Codes(from, CodeSet.Any, from);
        }

        var matched = nfa.Add();
        Write(nfa, node, from, matched);
        nfa.Free(matched, end);
        if (!anchoredEnd)
        {
            var rest = nfa.Add();
            nfa.Codes(matched, CodeSet.Any, rest);
            nfa.Codes(rest, CodeSet.Any, rest);
            nfa.Free(rest, end);
        }

        return nfa.ToDfa(start, end);
    }

    private static void Write(Nfa nfa, RegexNode node, int from, int to)
    {
        switch (node)
        {
            case Set set:
                nfa.Codes(from, set.Codes, to);
                break;
            case Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    var next = nfa.Add();
                    Write(nfa, part, from, next);
                    from = next;
                }

                nfa.Free(from, to);
                break;
            case Choice choice:
                foreach (var option in choice.Options)
                    Write(nfa, option, from, to);
                break;
            case Repeat repeat:
                WriteRepeat(nfa, repeat, from, to);
                break;
            case AtStart:
                nfa.AtStart(from, to);
                break;
            case AtEnd:
                nfa.AtEnd(from, to);
                break;
            case Ahead ahead:
                throw Misplaced(ahead);
        }
    }

    private static void WriteRepeat(Nfa nfa, Repeat repeat, int from, int to)
    {
        var at = nfa.Add();
        nfa.Free(from, at);
        for (var i = 0; i < (repeat.Max ?? repeat.Min); i++)
        {
            if (i >= repeat.Min)
                nfa.Free(at, to);
            var next = nfa.Add();
            Write(nfa, repeat.Body, at, next);
            at = next;
        }

        if (repeat.Max is null)
        {
            var loop = nfa.Add();
            nfa.Free(at, loop);
            var again = nfa.Add();
            Write(nfa, repeat.Body, loop, again);
            nfa.Free(again, loop);
            at = loop;
        }

        nfa.Free(at, to);
    }

    private static bool HasAhead(RegexNode node) => node switch
    {
        Ahead => true,
        Sequence sequence => sequence.Parts.Any(HasAhead),
        Choice choice => choice.Options.Any(HasAhead),
        Repeat repeat => HasAhead(repeat.Body),
        _ => false,
    };

    private static GrammarException Misplaced(Ahead ahead) =>
        new($"regular expression, at offset {ahead.Offset}: look-ahead is supported only at the very start of the text (after '^')");
}

using Kvasir.Grammars.Syntax;
using Kvasir.Grammars.Vocabulary;

namespace Kvasir.Grammars.Compilation;

/// <summary>Compiles syntax into a trimmed network.</summary>
internal static class RtnBuilder
{
    /// <param name="root">The sentence.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="alphabet">What the vocabulary can write.</param>
    public static Rtn Build(Node root, GrammarLimits limits, Alphabet alphabet)
    {
        var emitter = new RuleEmitter(limits, alphabet);
        emitter.EmitAll(root);
        var rules = emitter.Rules;
        var callers = Callers(rules);

        var productive = Fixpoint(rules, callers, overBytes: true);
        if (!productive[0])
            throw new GrammarException("the grammar admits no text at all: its constraints contradict each other, or the vocabulary lacks the characters");
        for (var i = 0; i < rules.Count; i++)
        {
            if (productive[i])
                rules[i].Trim(rules[i].ReachingEnd(rule => productive[rule], overBytes: true), rule => productive[rule]);
        }

        var nullable = Fixpoint(rules, callers, overBytes: false);
        foreach (var rule in rules)
        {
            for (var state = 0; state < rule.Count; state++)
            {
                foreach (var (callee, to) in rule.Calls[state] ?? [])
                {
                    if (nullable[callee])
                        rule.AddFree(state, to);
                }
            }
        }

        return Assemble(rules, productive, limits);
    }

    private static List<int>[] Callers(List<RuleAutomaton> rules)
    {
        var callers = new List<int>[rules.Count];
        for (var i = 0; i < callers.Length; i++)
            callers[i] = [];
        for (var i = 0; i < rules.Count; i++)
        {
            foreach (var callee in rules[i].Calls.Where(calls => calls is not null).SelectMany(calls => calls!).Select(call => call.Rule).Distinct())
                callers[callee].Add(i);
        }

        return callers;
    }

    // The rules whose end can be reached from their start, given what is known of the rules they call.
    private static bool[] Fixpoint(List<RuleAutomaton> rules, List<int>[] callers, bool overBytes)
    {
        var holds = new bool[rules.Count];
        var queued = Enumerable.Repeat(true, rules.Count).ToArray();
        var work = new Queue<int>(Enumerable.Range(0, rules.Count).Reverse());
        while (work.TryDequeue(out var i))
        {
            queued[i] = false;
            if (holds[i] || !rules[i].ReachingEnd(rule => holds[rule], overBytes)[rules[i].Start])
                continue;
            holds[i] = true;
            foreach (var caller in callers[i])
            {
                if (!holds[caller] && !queued[caller])
                {
                    queued[caller] = true;
                    work.Enqueue(caller);
                }
            }
        }

        return holds;
    }

    private static Rtn Assemble(List<RuleAutomaton> rules, bool[] productive, GrammarLimits limits)
    {
        var starts = new int[rules.Count];
        var byteStarts = new List<int>();
        var byteEdges = new List<ByteEdge>();
        var callStarts = new List<int>();
        var calls = new List<CallEdge>();
        var finals = new List<bool>();
        var sentenceEnd = 0;
        for (var i = 0; i < rules.Count; i++)
        {
            starts[i] = finals.Count;
            if (!productive[i])
                continue;
            var states = RuleDeterminizer.Determinize(rules[i], limits);
            foreach (var state in states)
            {
                byteStarts.Add(byteEdges.Count);
                callStarts.Add(calls.Count);
                finals.Add(state.Final);
                byteEdges.AddRange(state.Bytes.Select(edge => edge with { To = edge.To + starts[i] }));
                calls.AddRange(state.Calls.Select(call => call with { To = call.To + starts[i] }));
            }

            if (i == 0)
                sentenceEnd = finals.Count;
            if (byteEdges.Count + calls.Count > limits.MaxEdges || finals.Count > limits.MaxStates)
                throw new GrammarException($"the grammar needs more than {limits.MaxStates} states or {limits.MaxEdges} edges; simplify it");
        }

        byteStarts.Add(byteEdges.Count);
        callStarts.Add(calls.Count);
        return new Rtn
        {
            RuleStarts = starts,
            SentenceEnd = sentenceEnd,
            ByteStarts = [.. byteStarts],
            ByteEdges = [.. byteEdges],
            CallStarts = [.. callStarts],
            Calls = [.. calls],
            Finals = [.. finals],
        };
    }
}

using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Tests.Engine;

/// <summary>Small random grammars, with left, right and mutual recursion, empty rules and ambiguity, and small random vocabularies.</summary>
internal static class RandomGrammars
{
    private static readonly string[] Words = ["a", "b", "ab", "ba", "é", "aa", "c"];

    public static Node Grammar(Random random)
    {
        var rules = Enumerable.Range(0, random.Next(1, 5)).Select(i => new RuleNode($"r{i}")).ToArray();
        foreach (var rule in rules)
            rule.Body = Node.Choice([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Make(random, rules, 2))]);
        return rules[0];
    }

    public static TokenVocabulary Vocabulary(Random random)
    {
        var tokens = new List<byte[]> { "a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray(), new byte[] { 0xC3 }, new byte[] { 0xA9 }, new byte[] { 0xA8 } };
        var pieces = new[] { "a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray(), "é"u8.ToArray(), [0xC3], [0xA9], "\""u8.ToArray() };
        for (var i = 0; i < 50; i++)
            tokens.Add([.. Enumerable.Range(0, random.Next(1, 5)).SelectMany(_ => pieces[random.Next(pieces.Length)])]);
        tokens.Add([]);
        var control = tokens.Count;
        tokens.Add("a"u8.ToArray());
        return new TokenVocabulary(tokens.Count, token => tokens[token], token => token != control);
    }

    private static Node Make(Random random, RuleNode[] rules, int depth) => random.Next(depth > 0 ? 9 : 4) switch
    {
        0 or 1 => Node.Text(Words[random.Next(Words.Length)]),
        2 => new CharNode(random.Next(2) == 0 ? CodeSet.Of(('a', 'b')) : CodeSet.Of(('b', 'c'), ('é', 'é'))),
        3 => rules[random.Next(rules.Length)],
        4 or 5 => Node.Sequence([.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Make(random, rules, depth - 1))]),
        6 => Node.Choice([.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Make(random, rules, depth - 1))]),
        _ => new RepeatNode(Make(random, rules, depth - 1), random.Next(3), random.Next(2) == 0 ? null : random.Next(2, 4), random.Next(3) == 0 ? Make(random, rules, 0) : null),
    };
}

using System.Text;
using Kvasir.Grammars;

namespace Kvasir.Engine.Tests.Conversations;

/// <summary>Writes random sentences of a grammar: bytes, and now and then phrases, so that free text comes to its end.</summary>
internal static class GrammarWalk
{
    private static readonly string[] Phrases = ["\"", "\n</parameter>", "</arg_value>", "</think>", "<think>", "}", "<tool_call>", "[TOOL_CALLS]", "<|tool_call|>", "é", ", "];

    private static readonly TokenVocabulary Bytes = new(257, token => token < 256 ? new[] { (byte)token } : [], token => token < 256);

    public static CompiledGrammar Compile(Grammar grammar) => CompiledGrammar.Compile(grammar, Bytes);

    /// <summary>Whether the grammar admits the whole text.</summary>
    public static bool Admits(CompiledGrammar grammar, string text)
    {
        var matcher = grammar.CreateMatcher();
        return matcher.TryAcceptBytes(Encoding.UTF8.GetBytes(text)) && matcher.CanEnd;
    }

    public static string Write(CompiledGrammar grammar, Random random, int enough = 400)
    {
        var matcher = grammar.CreateMatcher();
        var text = new List<byte>();
        var mask = new uint[Bytes.MaskWords];
        while (!matcher.IsFinished && text.Count < 100 * enough)
        {
            if (matcher.CanEnd && (random.Next(30) == 0 || text.Count > enough))
                break;
            if (random.Next(text.Count > enough ? 1 : 6) == 0)
            {
                var phrase = Encoding.UTF8.GetBytes(Phrases[random.Next(Phrases.Length)]);
                if (matcher.TryAcceptBytes(phrase))
                {
                    text.AddRange(phrase);
                    continue;
                }
            }

            matcher.FillMask(mask);
            var allowed = Enumerable.Range(0, 256).Where(b => (mask[b / 32] >> (b % 32) & 1) != 0).ToArray();
            var plain = allowed.Where(b => b is >= 'a' and <= 'z').ToArray();
            var next = plain.Length > 0 && random.Next(4) != 0 ? plain[random.Next(plain.Length)] : allowed[random.Next(allowed.Length)];
            Assert.True(matcher.TryAccept(next));
            text.Add((byte)next);
        }

        Assert.True(matcher.CanEnd, Encoding.UTF8.GetString([.. text]));
        return Encoding.UTF8.GetString([.. text]);
    }
}

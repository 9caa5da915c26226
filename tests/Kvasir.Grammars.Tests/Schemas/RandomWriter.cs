using System.Numerics;
using System.Text;

namespace Kvasir.Grammars.Tests.Schemas;

/// <summary>A model that talks nonsense: any allowed token, and after some steps it ends as soon as it may and prefers what closes things.</summary>
internal static class RandomWriter
{
    private static readonly byte[][] Closing = [.. "\"|]|}|,|0|a|:".Split('|').Select(Encoding.UTF8.GetBytes)];

    /// <summary>A vocabulary of all bytes and pieces of JSON and words.</summary>
    public static TokenVocabulary Vocabulary { get; } = MakeVocabulary();

    /// <summary>A text of the grammar; null where it did not end within <paramref name="mostTokens"/>.</summary>
    public static string? Write(CompiledGrammar grammar, Random random, int endAfter, int mostTokens)
    {
        var matcher = grammar.CreateMatcher();
        var mask = new uint[grammar.Vocabulary.MaskWords];
        var text = new List<byte>();
        for (var step = 0; step < mostTokens; step++)
        {
            if (matcher.IsFinished || (matcher.CanEnd && (step >= endAfter || random.Next(8) == 0)))
                return Encoding.UTF8.GetString([.. text]);
            matcher.FillMask(mask);
            var token = Choose(mask, random, grammar.Vocabulary, step >= endAfter);
            if (!matcher.TryAccept(token))
                throw new InvalidOperationException($"a token of the mask is refused after {Encoding.UTF8.GetString([.. text])}");
            text.AddRange(grammar.Vocabulary.TextOf(token).ToArray());
        }

        return null;
    }

    private static int Choose(uint[] mask, Random random, TokenVocabulary vocabulary, bool closing)
    {
        var allowed = new List<int>();
        for (var i = 0; i < mask.Length; i++)
        {
            for (var word = mask[i]; word != 0; word &= word - 1)
                allowed.Add((i << 5) + BitOperations.TrailingZeroCount(word));
        }

        if (allowed.Count == 0)
            throw new InvalidOperationException("a dead end: no token is allowed");
        if (closing && random.Next(4) > 0)
        {
            foreach (var text in Closing)
            {
                var found = allowed.FindIndex(token => vocabulary.TextOf(token).SequenceEqual(text));
                if (found >= 0)
                    return allowed[found];
            }
        }

        return allowed[random.Next(allowed.Count)];
    }

    private static TokenVocabulary MakeVocabulary()
    {
        var tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToList();
        foreach (var text in "{\"|\":|\": |\",\"|\"}|},{|[{|\"},|null|true|false|12|007|-1|.5|1e|e5|\\u00|\\n|\\\\|  |, |ab|red|blue|kind|name|value|tags|é|größe|日本|😀|the |abc|xyz|A|ABC|2024|-01|T|:00|Z|.com|@|http|://|\\ud83d|\\ude00|\\|\"\"|[]|{}|]}|\"]|/|x_|123-|4567|hello world|aaa|xxxx|abcabc|zzzzzzzzz|éééé|日本語日本語|a b c d e f g h i j k l m n o p q r s t u v w x y z|xx|yy|ab1".Split('|'))
            tokens.Add(Encoding.UTF8.GetBytes(text));
        tokens.Add([0xF0, 0x9F]);
        tokens.Add([0x98, 0x80]);
        tokens.Add([0xC3]);
        return new TokenVocabulary(tokens.Count, token => tokens[token], _ => true);
    }
}

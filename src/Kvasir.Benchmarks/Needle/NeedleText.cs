using System.Globalization;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.Needle;

/// <summary>A pass key at a depth of a text that says nothing.</summary>
/// <param name="Context">The text.</param>
/// <param name="Key">The pass key.</param>
internal sealed record NeedleText(string Context, string Key)
{
    /// <summary>What is asked.</summary>
    public const string Question = "What is the pass key?";

    private const string Instruction = "There is important information hidden in the text below. Find it and memorize it.\n\n";
    private const int FirstGuess = 16;

    /// <summary>A text of at most so many tokens, and nearly as many.</summary>
    /// <param name="seed">Another seed gives another text.</param>
    /// <param name="tokens">Most tokens.</param>
    /// <param name="depth">Share of the text that stands before the key.</param>
    /// <param name="count">Tokens of a text.</param>
    /// <exception cref="ArgumentException">So few tokens hold no text.</exception>
    public static NeedleText Create(int seed, int tokens, double depth, Func<string, int> count)
    {
        var draws = new ScDraws(seed);
        var key = draws.Digits(5);
        var needle = string.Create(CultureInfo.InvariantCulture, $"The pass key is {key}. Remember it. {key} is the pass key.");
        var sentences = new List<string>();
        for (var wanted = FirstGuess; ; wanted *= 2)
        {
            while (sentences.Count < wanted)
                sentences.Add(draws.Filler());
            if (count(Text(sentences.Count)) > tokens)
                break;
        }

        var (fits, above) = (0, sentences.Count);
        while (above - fits > 1)
        {
            var middle = (fits + above) / 2;
            if (count(Text(middle)) <= tokens)
                fits = middle;
            else
                above = middle;
        }

        return fits > 0 ? new NeedleText(Text(fits), key) : throw new ArgumentException($"{tokens} tokens are too few for a text with a needle", nameof(tokens));

        string Text(int length)
        {
            var before = (int)Math.Round(depth * length);
            return Instruction + string.Join(' ', [.. sentences.Take(before), needle, .. sentences.Skip(before).Take(length - before)]) + "\n\n";
        }
    }
}

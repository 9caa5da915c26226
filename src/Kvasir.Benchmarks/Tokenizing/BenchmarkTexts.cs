using System.Globalization;
using System.Text;

namespace Kvasir.Benchmarks.Tokenizing;

/// <summary>Texts to tokenise, always the same ones.</summary>
/// <remarks>
/// Words follow Zipf's law with exponent 1 over 40,000 different ones, as running text does: a short text repeated would be answered from
/// the cache of words alone. The common words of English are real, the rare ones are put together from its syllables.
/// </remarks>
internal static class BenchmarkTexts
{
    private const int Words = 40_000;

    private static readonly string[] Common =
    [
        "the", "of", "and", "to", "a", "in", "is", "that", "it", "was", "for", "on", "as", "with", "he", "be", "at", "by", "I", "this", "had", "not", "are", "but", "from", "or", "have", "an", "they", "which",
        "one", "you", "were", "her", "all", "she", "there", "would", "their", "we", "him", "been", "has", "when", "who", "will", "more", "no", "if", "out", "so", "said", "what", "up", "its", "about", "into", "than",
        "them", "can", "only", "other", "new", "some", "could", "time", "these", "two", "may", "then", "do", "first", "any", "my", "now", "such", "like", "our", "over", "man", "me", "even", "most", "made", "after",
        "also", "did", "many", "before", "must", "through", "back", "years", "where", "much", "your", "way", "well", "down", "should", "because", "each", "just", "those", "people", "Mr", "how", "too", "little",
        "state", "good", "very", "make", "world", "still", "own", "see", "men", "work", "long", "get", "here", "between", "both", "life", "being", "under", "never", "day", "same", "another", "know", "while", "last",
        "might", "us", "great", "old", "year", "off", "come", "since", "against", "go", "came", "right", "used", "take", "three", "don't", "it's", "I'm", "that's", "we've", "they'll", "he'd", "isn't",
    ];

    private static readonly string[] Begin = ["con", "re", "pro", "in", "de", "ex", "sub", "per", "tran", "mis", "un", "over", "ad", "com", "dis", "im", "par", "car", "mon", "bel", "st", "gr", "pl", "th", "ch"];
    private static readonly string[] Middle = ["ta", "ne", "ri", "lo", "mi", "ver", "tin", "ca", "duc", "spec", "por", "ment", "lat", "gen", "sis", "vo", "ber", "ple", "ra", "cur", "den", "fer", "no", "si", "tu"];
    private static readonly string[] End = ["tion", "ing", "ed", "er", "ly", "ment", "ness", "able", "al", "ive", "ous", "ate", "ity", "s", "ist", "ance", "ful", "ic", "y", "ers", "ings", "es", "ism", "or", "ure"];

    public static string WarmUp { get; } = string.Concat(Enumerable.Range(0, 2000).Select(i => string.Create(CultureInfo.InvariantCulture, $"warm{i} {i} Ünï-{i % 7}\n")));

    /// <summary>Name, text and what it is.</summary>
    /// <param name="chars">UTF-16 units of the longer texts.</param>
    public static IEnumerable<(string Name, string Text, string Note)> All(int chars)
    {
        yield return ("english", Prose(chars, EnglishWord), "40,000 different words by Zipf's law");
        yield return ("code", Code(chars / 2), "made-up code");
        yield return ("cyrillic", Prose(chars / 2, (random, rank) => Spelled(rank, 'а', 32)), "words of Cyrillic letters");
        yield return ("chinese", Chinese(chars / 4), "common ideographs without spaces");
        yield return ("arabic", Prose(chars / 2, (random, rank) => Spelled(rank, 'ء', 26)), "words of Arabic letters");
        yield return ("digits", Digits(chars / 4), "numbers of 1 to 30 digits");
        yield return ("emoji", Emoji(chars / 8), "emoji, with joiners");
        yield return ("letter", new string('a', 100_000), "one letter 100,000 times");
        yield return ("spaces", new string(' ', 100_000), "100,000 spaces");
    }

    private static string Prose(int chars, Func<Random, int, string> word)
    {
        var random = new Random(1);
        var words = Enumerable.Range(0, Words).Select(rank => word(random, rank)).ToArray();
        var text = new StringBuilder(chars + 100);
        int sentence = 0;
        while (text.Length < chars)
        {
            // The inverse of the harmonic numbers, near enough: rank = W^u.
            string next = words[(int)Math.Pow(Words, random.NextDouble()) - 1];
            if (sentence++ == 0)
                next = char.ToUpperInvariant(next[0]) + next[1..];
            text.Append(next);
            if (sentence > 6 && random.Next(10) == 0)
            {
                text.Append(random.Next(8) == 0 ? "?\n\n" : ". ");
                sentence = 0;
            }
            else
            {
                text.Append(random.Next(14) == 0 ? ", " : random.Next(90) == 0 ? string.Create(CultureInfo.InvariantCulture, $" {random.Next(3000)} ") : " ");
            }
        }

        return text.ToString();
    }

    private static string EnglishWord(Random random, int rank) => rank < Common.Length
        ? Common[rank]
        : Begin[random.Next(Begin.Length)] + string.Concat(Enumerable.Range(0, random.Next(3)).Select(_ => Middle[random.Next(Middle.Length)])) + End[random.Next(End.Length)];

    private static string Spelled(int rank, char first, int letters)
    {
        var word = new StringBuilder();
        for (int rest = (rank * 7919) + 31; rest > 0; rest /= letters)
            word.Append((char)(first + (rest % letters)));
        return word.ToString();
    }

    private static string Code(int chars)
    {
        var random = new Random(2);
        var text = new StringBuilder(chars + 200);
        while (text.Length < chars)
        {
            string name = EnglishWord(random, 1000) + (random.Next(2) == 0 ? "_" + EnglishWord(random, 1000) : "");
            text.Append(CultureInfo.InvariantCulture, $"    if ({name}[{random.Next(100)}] != 0x{random.Next():X}) {{\n        return {name}.get(\"{EnglishWord(random, 1000)}\", {random.Next(10_000)}); // {EnglishWord(random, 1000)}\n    }}\n\n");
        }

        return text.ToString();
    }

    private static string Chinese(int chars)
    {
        var random = new Random(3);
        var text = new StringBuilder(chars);
        while (text.Length < chars)
            text.Append(random.Next(15) == 0 ? '，' : (char)(0x4E00 + (int)(0x51A5 * Math.Pow(random.NextDouble(), 3))));
        return text.ToString();
    }

    private static string Digits(int chars)
    {
        var random = new Random(4);
        var text = new StringBuilder(chars + 40);
        while (text.Length < chars)
        {
            for (int i = random.Next(1, 31); i > 0; i--)
                text.Append((char)('0' + random.Next(10)));
            text.Append(' ');
        }

        return text.ToString();
    }

    private static string Emoji(int chars)
    {
        var random = new Random(5);
        var text = new StringBuilder(chars + 20);
        while (text.Length < chars)
            text.Append(char.ConvertFromUtf32(0x1F600 + random.Next(64))).Append(random.Next(3) == 0 ? "\u200D" : random.Next(3) == 0 ? "\U0001F3FD" : "");
        return text.ToString();
    }
}

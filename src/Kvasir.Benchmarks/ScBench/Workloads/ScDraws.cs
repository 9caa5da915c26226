using System.Globalization;
using Kvasir.Benchmarks.Rag.Workloads;

namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>Draws keys, values, names and sentences; the same for the same seed.</summary>
internal sealed class ScDraws
{
    private readonly TextDraws _text;

    /// <param name="seed">Another seed gives other texts.</param>
    public ScDraws(int seed)
    {
        Random = new Random(seed);
        _text = new TextDraws(Random);
    }

    public Random Random { get; }

    public T Of<T>(IReadOnlyList<T> elements) => _text.Of(elements);

    public T[] Shuffled<T>(IEnumerable<T> elements) => _text.Shuffled(elements);

    /// <summary>What <paramref name="draw"/> gives, as soon as it has not been drawn before.</summary>
    public string Unused(Func<string> draw) => _text.Unused(draw);

    public string Word() => _text.Word();

    public string Name() => _text.Name();

    public string Person() => _text.Person();

    public string Digits(int count) => (char)('1' + Random.Next(9)) + _text.Digits(count - 1);

    public string Number(int least, int end) => _text.Number(least, end);

    /// <summary>An adjective and a noun with a hyphen.</summary>
    public string Pair() => $"{Of(WordLists.Adjectives)}-{Of(WordLists.Nouns)}";

    /// <summary>A new key of words: of two, or of three where more keys are needed than there are of two.</summary>
    public string WordKey(int keys) => Unused(() => keys < 1000 ? Pair() : $"{Pair()}-{Of(WordLists.Nouns)}");

    /// <summary>Letters and digits.</summary>
    public string Letters(int count, string alphabet) => string.Concat(Enumerable.Range(0, count).Select(_ => alphabet[Random.Next(alphabet.Length)]));

    /// <summary>A random UUID of version 4.</summary>
    public string Uuid()
    {
        var bytes = new byte[16];
        Random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }

    /// <summary>A plain sentence that holds no number, no key and no fact that is asked for.</summary>
    public string Filler() => string.Format(
        CultureInfo.InvariantCulture,
        Of(Sentences),
        Of(WordLists.Adjectives),
        Of(WordLists.Nouns),
        Of(WordLists.Colours),
        Of(WordLists.Animals),
        Of(WordLists.Materials));

    /// <summary>So many indices below <paramref name="count"/>, one from each equal stretch, in random order.</summary>
    public int[] Spread(int count, int indices) =>
        Shuffled(Enumerable.Range(0, indices).Select(i => Random.Next(i * count / indices, Math.Max((i * count / indices) + 1, (i + 1) * count / indices))));

    private static readonly string[] Sentences =
    [
        "The {0} {1} stood near the old gate, and nobody asked why.",
        "In the evening the {3} slept beside the {2} {1}.",
        "They walked slowly along the wall of {4} and talked about the weather.",
        "It had rained all morning, and the {1} was still wet.",
        "Some people say that a {0} {3} brings good luck.",
        "The children painted the door {2} and left the window open.",
        "Far away a {3} could be heard, but the street was quiet.",
        "A {1} of {4} is heavy, and a {0} one is heavier still.",
        "Later the wind turned, and the {2} flags hung down.",
        "She looked at the {1} for a while and then went home.",
        "Every autumn the {3} comes back to the same field.",
        "He wrote a long letter about the {0} {1} and never sent it.",
        "The road leads past a {2} barn to the river.",
        "On the table lay a {1}, a pen and a {0} hat.",
        "Nobody remembered who had built the {4} stairs.",
        "The {3} and the {1} are in the same story, as everybody knows.",
    ];
}

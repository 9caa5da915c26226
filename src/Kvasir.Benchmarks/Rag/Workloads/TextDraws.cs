using System.Globalization;

namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Draws invented names, numbers and words; the same for the same generator.</summary>
internal sealed class TextDraws(Random random)
{
    private readonly HashSet<string> _names = [];

    public Random Random => random;

    /// <summary>One of them.</summary>
    public T Of<T>(IReadOnlyList<T> elements) => elements[random.Next(elements.Count)];

    /// <summary>An invented word of two syllables.</summary>
    public string Word() => Of(WordLists.Onsets) + Of(WordLists.Vowels) + Of(WordLists.Onsets) + Of(WordLists.Vowels) + Of(WordLists.Endings);

    /// <summary>An invented name.</summary>
    public string Name()
    {
        var word = Word();
        return char.ToUpperInvariant(word[0]) + word[1..];
    }

    public string Person() => (random.NextDouble() < 0.7 ? Of(WordLists.FirstNames) : Name()) + " " + (random.NextDouble() < 0.5 ? Of(WordLists.LastNames) : Name());

    public string Year() => Number(1650, 2026);

    public string Count() => random.Next(3) switch
    {
        0 => Number(2, 61),
        1 => Number(60, 1000),
        _ => Number(1000, 10_000),
    };

    /// <summary>A whole number from <paramref name="least"/> to below <paramref name="end"/>.</summary>
    public string Number(int least, int end) => random.Next(least, end).ToString(CultureInfo.InvariantCulture);

    public string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('0' + random.Next(10))));

    /// <summary>What <paramref name="draw"/> gives, as soon as it is something that no call gave before.</summary>
    public string Unused(Func<string> draw)
    {
        while (true)
        {
            var name = draw();
            if (_names.Add(name))
                return name;
        }
    }

    /// <summary>Puts the elements in random order.</summary>
    public T[] Shuffled<T>(IEnumerable<T> elements)
    {
        T[] shuffled = [.. elements];
        random.Shuffle(shuffled);
        return shuffled;
    }
}

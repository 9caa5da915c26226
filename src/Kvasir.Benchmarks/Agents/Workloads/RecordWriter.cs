using System.Globalization;

namespace Kvasir.Benchmarks.Agents.Workloads;

/// <summary>
/// Writes records in the layouts that the bundled model was trained to read, whose values are keys of other records: what an agent finds is what the next
/// one looks up.
/// </summary>
internal sealed class RecordWriter(Random random)
{
    private static readonly string[] Adjectives =
    [
        "red", "blue", "green", "silent", "golden", "bright", "hidden", "ancient", "rapid", "gentle", "frozen", "hollow", "crimson", "dusty", "eager", "fancy",
        "giant", "humble", "icy", "jolly", "keen", "loyal", "merry", "noble", "odd", "proud", "quick", "rusty", "sharp", "tidy", "urban", "vivid", "warm", "young",
    ];

    private static readonly string[] Nouns =
    [
        "apple", "river", "mountain", "lantern", "copper", "garden", "window", "bridge", "forest", "engine", "pencil", "carpet", "ladder", "mirror", "anchor",
        "basket", "candle", "dragon", "eagle", "falcon", "guitar", "hammer", "island", "jacket", "kettle", "lemon", "magnet", "needle", "ocean", "parrot", "quartz",
        "rocket", "saddle", "temple", "umbrella", "violin", "walnut", "zebra", "bottle", "camera", "desert", "feather", "glacier", "harbor", "jungle", "kitchen",
    ];

    private static readonly (string Before, string Between, string After, string Join)[] Layouts =
    [
        ("\"", "\": \"", "\"", ", "),
        ("", ": ", "", "\n"),
        ("", " = ", "", "\n"),
        ("", " -> ", "", "\n"),
    ];

    /// <summary>Records of six-digit numbers, which all have equally many tokens.</summary>
    public const int Numbers = -1;

    /// <summary>Kinds of records: how keys look, times how they are laid out.</summary>
    public static int Templates => 3 * Layouts.Length;

    /// <summary>Writes a case.</summary>
    /// <param name="template">Which kind of records, from 0 to below <see cref="Templates"/>, or <see cref="Numbers"/>.</param>
    /// <param name="hops">Look-ups, one an agent.</param>
    /// <param name="records">How many records there are, at least as many as look-ups.</param>
    public AgentCase Write(int template, int hops, int records)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (keys.Count < (2 * records) - hops + 1)
            keys.Add(template == Numbers ? Digits() : Key(template % 3));
        var names = keys.ToArray();
        var pairs = new List<(string Key, string Value)>();
        for (var hop = 0; hop < hops; hop++)
            pairs.Add((names[hop], names[hop + 1]));
        for (var next = hops + 1; pairs.Count < records; next += 2)
            pairs.Add((names[next], names[next + 1]));
        var shuffled = pairs.ToArray();
        random.Shuffle(shuffled);
        var layout = Layouts[Math.Max(0, template) / 3];
        var text = string.Join(layout.Join, shuffled.Select(pair => layout.Before + pair.Key + layout.Between + pair.Value + layout.After));
        return new AgentCase(layout == Layouts[0] ? "{" + text + "}" : text, $"What is the value for key \"{names[0]}\"?", names[1..(hops + 1)]);
    }

    private string Key(int kind) => kind switch
    {
        0 => $"{Of(Adjectives)}-{Of(Nouns)}-{Of(Nouns)}",
        1 => random.NextInt64(1L << 32).ToString("x8", CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Of(Adjectives)}_{Of(Nouns)}_{random.Next(10, 100)}"),
    };

    private string Digits() => random.Next(100_000, 1_000_000).ToString(CultureInfo.InvariantCulture);

    private string Of(string[] words) => words[random.Next(words.Length)];
}

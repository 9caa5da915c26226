using System.Globalization;
using System.Text;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Texts with one fact in the middle of many others of the same kind, and a question about it. All from a seed.</summary>
internal static class NeedlePrompts
{
    private static readonly string[] Things =
        ["lantern", "harbor", "bridge", "garden", "engine", "mirror", "anchor", "temple", "walnut", "camera", "glacier", "orchid", "tunnel", "whistle", "fossil", "lizard", "tiger", "dolphin", "goblet", "planet"];

    private static readonly string[] Colours = ["red", "blue", "green", "silver", "golden", "black", "white", "purple", "orange", "brown"];

    private static readonly string[] Filler =
    [
        "The morning was cold and the streets were still empty.",
        "A man with a long coat crossed the square and stopped at the corner.",
        "Nobody in the village could say when the old mill had been built.",
        "The train was late again, and the people on the platform began to talk.",
        "She opened the window and listened to the rain on the roof.",
        "In the evening they sat by the fire and told each other stories.",
        "The river had risen in the night and covered the lower fields.",
        "He counted the coins twice and put them back into the box.",
        "Two children were playing with a ball near the fountain.",
        "The shop at the end of the road sold bread, nails and paper.",
    ];

    /// <summary>One prompt: its text, the fact as it stands there, the question, and what the answer must have.</summary>
    public readonly record struct Prompt(string Text, string Fact, string Question, string Value);

    /// <summary>Makes a prompt of about so many sentences with the fact at a depth.</summary>
    public static Prompt Make(Random random, int sentences, double depth)
    {
        var names = new HashSet<string>();
        var (target, value) = Fact(random, names);
        var fact = $"The secret password for the {target} is {value}.";
        var text = new StringBuilder();
        var place = Math.Clamp((int)(depth * sentences), 0, sentences - 1);
        for (var i = 0; i < sentences; i++)
        {
            if (i == place)
                text.Append(fact).Append(' ');
            else if (i % 8 == 3)
                text.Append(CultureInfo.InvariantCulture, $"The secret password for the {Fact(random, names) switch { var (name, other) => $"{name} is {other}" }}. ");
            else
                text.Append(Filler[random.Next(Filler.Length)]).Append(' ');
        }

        return new Prompt(text.ToString().TrimEnd(), fact, $"What is the secret password for the {target}?", value);
    }

    private static (string Name, string Value) Fact(Random random, HashSet<string> names)
    {
        string name;
        do
            name = $"{Colours[random.Next(Colours.Length)]} {Things[random.Next(Things.Length)]}";
        while (!names.Add(name) && names.Count < Colours.Length * Things.Length);
        return (name, $"{Things[random.Next(Things.Length)]}-{Things[random.Next(Things.Length)]}");
    }
}

using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Retr.MultiHop: chains of assignments scattered in filler; asked are all variables that hold a value.</summary>
/// <remarks>
/// The small form asks from the other end, in the only wording in which the bundled model follows a chain: for the value of the last
/// variable, with the way there. What counts is the same: the share of the chain that is named.
/// </remarks>
internal sealed partial class MultiHopTask(ScForm form) : IScTask
{
    private const int Turns = 5;
    private const int Hops = 2;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";

    /// <summary>Sentences of filler for a further chain that nobody asks for (published form).</summary>
    private const int SentencesPerChain = 30;

    public string Name => "vt";

    public string Capability => "string";

    public double Bar(string part) => 0.95;

    public int LeastSize => 1;

    public ScSession Create(ScDraws draws, int size)
    {
        var chains = new List<(string Value, string[] Names)>();
        var streams = new List<Queue<string>>();
        var count = form == ScForm.Full ? Turns + (size / SentencesPerChain) : Turns;
        for (var i = 0; i < count; i++)
        {
            var hops = form == ScForm.Full ? draws.Random.Next(2, 5) : Hops;
            var names = Enumerable.Range(0, hops + 1).Select(_ => draws.Unused(() => form == ScForm.Full ? draws.Letters(5, Letters) : $"X{draws.Letters(3, Letters + Digits)}")).ToArray();
            var value = draws.Unused(() => draws.Digits(5));
            chains.Add((value, names));
            streams.Add(new Queue<string>(names.Select((name, hop) => hop == 0 ? $"VAR {name} = {value}" : $"VAR {name} = {(form == ScForm.Full ? "VAR " : "")}{names[hop - 1]}")));
        }

        // Each chain keeps its order; which chain comes next is drawn.
        var lines = new List<string>();
        while (streams.Where(stream => stream.Count > 0).ToArray() is { Length: > 0 } left)
            lines.Add(draws.Of(left).Dequeue());
        return new ScSession(
            form == ScForm.Full ? "Memorize and track the chains of variable assignments hidden in the following text." : "Track the variable assignments hidden in the text.",
            Scatter(draws, lines, size),
            [.. draws.Shuffled(chains).Take(Turns).Select(Turn)]);
    }

    public string Solve(string context, string question)
    {
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Assignment().Matches(context).Cast<Match>())
        {
            if (!sources.TryAdd(line.Groups[1].Value, line.Groups[2].Value))
                throw new InvalidDataException($"variable {line.Groups[1].Value} is assigned twice");
        }

        var value = Asked().Match(question).Groups[1].Value;
        if (value.Length > 0)
            return string.Join(", ", sources.Keys.Where(name => Chain(name)[^1] == value));
        var last = AskedLast().Match(question).Groups[1].Value;
        return string.Join(" = ", Chain(last)[1..]);

        List<string> Chain(string name)
        {
            List<string> chain = [name];
            while (sources.TryGetValue(chain[^1], out var source))
                chain.Add(source);
            return chain;
        }
    }

    private static string Scatter(ScDraws draws, List<string> lines, int size)
    {
        var places = Enumerable.Range(0, lines.Count).Select(_ => draws.Random.Next(size + 1)).Order().ToArray();
        var text = new System.Text.StringBuilder();
        var next = 0;
        for (var i = 0; i <= size; i++)
        {
            for (; next < lines.Count && places[next] == i; next++)
                text.Append('\n').Append(lines[next]).Append('\n');
            if (i < size)
                text.Append(text.Length == 0 || text[^1] == '\n' ? "" : " ").Append(draws.Filler());
        }

        return text.ToString().Trim();
    }

    private ScTurn Turn((string Value, string[] Names) chain) => form == ScForm.Full
        ? new ScTurn
        {
            Question = $"Which variables have the value {chain.Value}?",
            Golden = string.Join(", ", chain.Names),
            Accepted = chain.Names,
            Score = ScScore.NameShare,
            MaxTokens = 30,
        }
        : new ScTurn
        {
            Question = $"What is the value of {chain.Names[^1]}? Explain.",
            Golden = string.Concat(chain.Names.Skip(1).Zip(chain.Names, (name, source) => $"{name} = {source}, ").Reverse()) + $"{chain.Names[0]} = {chain.Value}. The answer is {chain.Value}.",
            Accepted = [.. chain.Names[..^1], chain.Value],
            Score = ScScore.NameShare,
            MaxTokens = 60,
        };

    [GeneratedRegex("the value (\\d+)")]
    private static partial Regex Asked();

    [GeneratedRegex("the value of (\\w+)\\? Explain")]
    private static partial Regex AskedLast();

    [GeneratedRegex("VAR (\\w+) = (?:VAR )?(\\w+)")]
    private static partial Regex Assignment();
}

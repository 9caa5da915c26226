using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Retr.MultiHop: chains of assignments scattered in filler; asked are all variables that hold a value.</summary>
internal sealed partial class MultiHopTask(ScForm form) : IScTask
{
    private const int Turns = 5;
    private const int Hops = 2;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

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
            var names = Enumerable.Range(0, hops + 1).Select(_ => draws.Unused(() => draws.Letters(5, Letters))).ToArray();
            var value = draws.Unused(() => draws.Digits(5));
            chains.Add((value, names));
            streams.Add(new Queue<string>(names.Select((name, hop) => hop == 0 ? $"VAR {name} = {value}" : $"VAR {name} = VAR {names[hop - 1]}")));
        }

        // Each chain keeps its order; which chain comes next is drawn.
        var lines = new List<string>();
        while (streams.Where(stream => stream.Count > 0).ToArray() is { Length: > 0 } left)
            lines.Add(draws.Of(left).Dequeue());
        return new ScSession(
            "Memorize and track the chain(s) of variable assignment hidden in the following text.",
            Scatter(draws, lines, size),
            [.. draws.Shuffled(chains).Take(Turns).Select(Turn)]);
    }

    public string Solve(string context, string question)
    {
        var asked = Asked().Match(question).Groups[1].Value;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Assignment().Matches(context).Cast<Match>())
        {
            var (name, from) = (line.Groups[1].Value, line.Groups[3].Value);
            if (!values.TryAdd(name, line.Groups[2].Success ? values[from] : from))
                throw new InvalidDataException($"variable {name} is assigned twice");
        }

        return string.Join(", ", values.Where(variable => variable.Value == asked).Select(variable => variable.Key));
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

    private static ScTurn Turn((string Value, string[] Names) chain) => new()
    {
        Question = $"Which variables have the value {chain.Value}?",
        Golden = string.Join(", ", chain.Names),
        Accepted = chain.Names,
        Score = ScScore.NameShare,
        MaxTokens = 30,
    };

    [GeneratedRegex("the value (\\d+)")]
    private static partial Regex Asked();

    [GeneratedRegex("VAR (\\w+) = (VAR )?(\\w+)")]
    private static partial Regex Assignment();
}

using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Retr.KV: one of many random pairs in a JSON object. Nothing in it can be guessed or left out.</summary>
internal sealed partial class KvTask(ScForm form) : IScTask
{
    private const int Turns = 5;

    public string Name => "kv";

    public string Capability => "string";

    public double Bar(string part) => 0.95;

    public int LeastSize => Turns;

    public ScSession Create(ScDraws draws, int size)
    {
        var keys = new string[size];
        var values = new string[size];
        for (var i = 0; i < size; i++)
        {
            keys[i] = form == ScForm.Full ? draws.Unused(draws.Uuid) : draws.WordKey(size);
            values[i] = draws.Unused(() => form == ScForm.Full ? draws.Uuid() : draws.Digits(6));
        }

        var context = "{" + string.Join(", ", keys.Zip(values, Pair)) + "}";
        return new ScSession("JSON data:", context, [.. draws.Spread(size, Turns).Select(i => Turn(keys[i], values[i], form))]);
    }

    public string Solve(string context, string question) => Find(context, question);

    /// <summary>A pair as it stands in the text.</summary>
    public static string Pair(string key, string value) => $"\"{key}\": \"{value}\"";

    /// <summary>The question for a key.</summary>
    public static ScTurn Turn(string key, string value, ScForm form) => new()
    {
        Question = $"What is the value for key \"{key}\"?",
        Golden = value,
        Accepted = [value],
        Score = ScScore.Substring,
        MaxTokens = form == ScForm.Full ? 150 : 16,
    };

    /// <summary>The value of the key that a question names.</summary>
    public static string Find(string context, string question)
    {
        var key = Asked().Match(question).Groups[1].Value;
        var found = Pairs().Matches(context).Where(pair => pair.Groups[1].Value == key).ToArray();
        return found is [var one] ? one.Groups[2].Value : throw new InvalidDataException($"key {key} stands {found.Length} times in the context");
    }

    [GeneratedRegex("for key \"([^\"]+)\"")]
    private static partial Regex Asked();

    [GeneratedRegex("\"([^\"]+)\": \"([^\"]+)\"")]
    private static partial Regex Pairs();
}

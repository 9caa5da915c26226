using System.Globalization;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Math.Find: a place in the order of many numbers: all of them must be looked at.</summary>
internal sealed class MathFindTask(ScForm form) : IScTask
{
    private static readonly (string Name, Func<int[], int> Of)[] Asked =
    [
        ("largest", sorted => sorted[^1]),
        ("smallest", sorted => sorted[0]),
        ("second largest", sorted => sorted[^2]),
        ("second smallest", sorted => sorted[1]),
        ("third largest", sorted => sorted[^3]),
        ("third smallest", sorted => sorted[2]),
    ];

    private const string Median = "median";
    private const int Turns = 5;

    public string Name => "math-find";

    public string Capability => "global";

    public double Bar(string part) => 0.95;

    public int LeastSize => 9;

    public ScSession Create(ScDraws draws, int size)
    {
        var numbers = Numbers(draws, size);
        var names = draws.Shuffled(Asked.Select(asked => asked.Name).Where(name => form == ScForm.Full || !name.StartsWith("third", StringComparison.Ordinal))).Append(Median).Take(Turns);
        return new ScSession(
            form == ScForm.Full ? "Find the number that is asked for in the list below." : "Here is a list of numbers:",
            string.Join(", ", numbers),
            [.. names.Select(name => Turn(name, Find(numbers, name)))]);
    }

    public string Solve(string context, string question)
    {
        var numbers = context.Split(", ").Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var name = Asked.Select(asked => asked.Name).Append(Median).Where(name => question.Contains($"the {name}", StringComparison.Ordinal)).MaxBy(name => name.Length)
            ?? throw new InvalidDataException($"nothing known is asked for: {question}");
        return Find(numbers, name).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Numbers whose ends cannot be guessed: they lie in a range that is drawn, and the first and last places of the order are taken once.
    /// Their count is odd, so that the median is one of them.
    /// </summary>
    private int[] Numbers(ScDraws draws, int size)
    {
        var count = size - 1 + (size % 2);
        var (least, width) = form == ScForm.Full ? (draws.Random.Next(0, 10_000), draws.Random.Next(50_000, 90_000)) : (draws.Random.Next(10, 30), draws.Random.Next(50, 70));
        var low = least;
        var high = least + width;
        int[] edges = [low, low + draws.Random.Next(1, 3), low + draws.Random.Next(3, 5), high, high - draws.Random.Next(1, 3), high - draws.Random.Next(3, 5)];
        var numbers = new int[count];
        edges.CopyTo(numbers, 0);
        for (var i = edges.Length; i < count; i++)
            numbers[i] = draws.Random.Next(low + 5, high - 4);
        return draws.Shuffled(numbers);
    }

    private static int Find(int[] numbers, string name)
    {
        var sorted = numbers.Order().ToArray();
        return name == Median ? sorted[sorted.Length / 2] : Asked.First(asked => asked.Name == name).Of(sorted);
    }

    private static ScTurn Turn(string name, int value) => new()
    {
        Question = name == Median ? "What is the median?" : $"What is the {name} number?",
        Golden = value.ToString(CultureInfo.InvariantCulture),
        Accepted = [value.ToString(CultureInfo.InvariantCulture)],
        Score = ScScore.Number,
        MaxTokens = 5,
    };
}

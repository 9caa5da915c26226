using System.Text.RegularExpressions;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Mix.Sum+NIAH: summaries and hidden numbers in turns.</summary>
internal sealed partial class SummaryNeedleTask(ScForm form) : IScTask
{
    private const int Pairs = 4;
    private const string Needles = "niah";

    public string Name => "sum-niah";

    public string Capability => "mixed";

    public double Bar(string part) => part == Needles ? 0.95 : 0.5;

    public int LeastSize => Pairs;

    public ScSession Create(ScDraws draws, int size)
    {
        var needles = Enumerable.Range(0, size).Select(_ => (Key: draws.WordKey(size), Value: draws.Unused(() => draws.Digits(6)))).ToArray();
        var papers = PaperCollection.Create(draws, size, i => $"The special magic number for {needles[i - 1].Key} is {needles[i - 1].Value}.");
        var turns = draws.Spread(size, Pairs).Zip(draws.Spread(size, Pairs), (paper, needle) => new[]
        {
            PaperCollection.Turn(papers.Papers[paper], form == ScForm.Full ? 800 : 200) with { Part = "sum" },
            new ScTurn
            {
                Question = $"What is the special magic number for {needles[needle].Key}?",
                Golden = needles[needle].Value,
                Accepted = [needles[needle].Value],
                Score = ScScore.Number,
                MaxTokens = 15,
                Part = Needles,
            },
        });
        return new ScSession("", papers.Text, [.. turns.SelectMany(pair => pair)]);
    }

    public string Solve(string context, string question)
    {
        if (Asked().Match(question) is not { Success: true } asked)
            return PaperCollection.Find(context, question);
        var found = Told().Matches(context).Where(told => told.Groups[1].Value == asked.Groups[1].Value).ToArray();
        return found is [var one] ? one.Groups[2].Value : throw new InvalidDataException($"{found.Length} numbers are told: {question}");
    }

    [GeneratedRegex("magic number for ([\\w-]+)\\?")]
    private static partial Regex Asked();

    [GeneratedRegex("magic number for ([\\w-]+) is (\\d+)\\.")]
    private static partial Regex Told();
}

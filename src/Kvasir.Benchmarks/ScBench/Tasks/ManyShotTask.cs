using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>ICL.ManyShot: labelled examples, then one without a label. Labels are arbitrary, so that only the examples tell them.</summary>
internal sealed class ManyShotTask(ScForm form) : IScTask
{
    private const int Turns = 5;
    private static readonly string[][] Groups = [WordLists.Animals, WordLists.Foods, WordLists.Colours, WordLists.Jobs];
    private static readonly string[] Labels = ["(A)", "(B)", "(C)", "(D)"];

    public string Name => "many-shot";

    public string Capability => "global";

    public double Bar(string part) => 0.95;

    public int LeastSize => 24;

    public ScSession Create(ScDraws draws, int size)
    {
        var groups = draws.Shuffled(Groups);
        var labels = form == ScForm.Full ? Labels : draws.Shuffled(WordLists.Nouns.Except(Groups.SelectMany(group => group))).Take(groups.Length).ToArray();
        var items = groups.SelectMany((group, i) => group.Select(item => (Item: item, Label: labels[i]))).DistinctBy(pair => pair.Item).ToArray();
        var asked = draws.Shuffled(items).Take(Turns).ToArray();

        // Every item stands among the examples before any comes twice, the asked ones as well: whoever knows nothing of the world can answer.
        var examples = new List<(string Item, string Label)>();
        while (examples.Count < size)
            examples.AddRange(draws.Shuffled(examples.Count == 0 ? Cover(asked, draws.Shuffled(items), size) : items));
        return new ScSession(
            "Label the last item as the examples show.",
            string.Join('\n', examples.Take(size).Select(example => $"{Example(example.Item)} {example.Label}")),
            [.. asked.Select(pair => Turn(pair.Item, pair.Label))]);
    }

    public string Solve(string context, string question)
    {
        var labels = context.Split('\n').Chunk(2)
            .Where(example => $"{example[0]}\n{example[1]}".StartsWith(question + " ", StringComparison.Ordinal))
            .Select(example => example[1]["Label: ".Length..]).Distinct().ToArray();
        return labels is [var one] ? one : throw new InvalidDataException($"the examples give {labels.Length} labels for: {question}");
    }

    private static IEnumerable<(string Item, string Label)> Cover((string Item, string Label)[] asked, (string Item, string Label)[] items, int size) =>
        asked.Concat(items.Except(asked)).Take(size);

    private static string Example(string item) => $"Text: {item}\nLabel:";

    private static ScTurn Turn(string item, string label) => new()
    {
        Question = Example(item),
        Golden = label,
        Accepted = [label],
        Score = ScScore.Option,
        MaxTokens = 10,
    };
}

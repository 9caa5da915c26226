using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>En.MultiChoice: a question with four options; the wrong ones are values of the same relation of other entities.</summary>
internal sealed class MultiChoiceTask : IScTask
{
    private const int Turns = 5;
    private const int Options = 4;

    public string Name => "choice-en";

    public string Capability => "semantic";

    public double Bar(string part) => 0.95;

    public int LeastSize => 3 * Options;

    public ScSession Create(ScDraws draws, int size)
    {
        var world = EnglishFacts.World(draws, size);
        return new ScSession(
            "Read the passages and choose the right option.", world.Text, [.. world.Choose(draws, Turns).Select(fact => Turn(draws, world, fact))]);
    }

    public string Solve(string context, string question)
    {
        var lines = question.Split('\n');
        var answer = FactWorld.Find(context, lines[0], EnglishFacts.Groups.SelectMany(group => group));
        var fitting = lines[1..(1 + Options)].Where(line => line[3..] == answer).ToArray();
        return fitting is [var one] ? one[..1] : throw new InvalidDataException($"{fitting.Length} options are {answer}: {question}");
    }

    private static ScTurn Turn(ScDraws draws, FactWorld world, (string Entity, FactKind Kind, string Value) fact)
    {
        // Where too few entities have the relation, an invented value stands in.
        var others = draws.Shuffled(world.Facts.Where(other => other.Kind == fact.Kind && other.Value != fact.Value).Select(other => other.Value)).Take(Options - 1).ToList();
        while (others.Count < Options - 1)
            others.Add(draws.Unused(() => fact.Kind.Draw(draws)));
        var options = draws.Shuffled(others.Append(fact.Value));
        var letter = ((char)('A' + Array.IndexOf(options, fact.Value))).ToString();
        return new ScTurn
        {
            Question = $"{FactWorld.Question(fact)}\n{string.Join('\n', options.Select((option, i) => $"{(char)('A' + i)}. {option}"))}\nAnswer with the letter of the right option.",
            Golden = letter,
            Accepted = [letter],
            Score = ScScore.Letter,
            MaxTokens = 40,
        };
    }
}

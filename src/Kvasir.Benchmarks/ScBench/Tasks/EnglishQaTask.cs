using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>En.QA: questions about facts in a long text.</summary>
internal sealed class EnglishQaTask : IScTask
{
    private const int Turns = 5;

    public string Name => "qa-en";

    public string Capability => "semantic";

    public double Bar(string part) => 0.95;

    public int LeastSize => Turns;

    public ScSession Create(ScDraws draws, int size)
    {
        var world = EnglishFacts.World(draws, size);
        return new ScSession("Answer the question using the passages below.", world.Text, [.. world.Choose(draws, Turns).Select(Turn)]);
    }

    public string Solve(string context, string question) => FactWorld.Find(context, question, EnglishFacts.Groups.SelectMany(group => group));

    private static ScTurn Turn((string Entity, FactKind Kind, string Value) fact) => new()
    {
        Question = FactWorld.Question(fact),
        Golden = fact.Value,
        Accepted = [fact.Value],
        Score = ScScore.SubstringUpper,
        MaxTokens = 40,
    };
}

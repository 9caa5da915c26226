using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Zh.QA: the same in Chinese, judged by characters.</summary>
internal sealed class ChineseQaTask : IScTask
{
    private const int Turns = 5;

    public string Name => "qa-zh";

    public string Capability => "semantic";

    public double Bar(string part) => 0.5;

    public int LeastSize => Turns;

    public ScSession Create(ScDraws draws, int size)
    {
        var world = ChineseFacts.World(draws, size);
        return new ScSession("请根据下面的文章回答问题。", world.Text, [.. world.Choose(draws, Turns).Select(Turn)]);
    }

    public string Solve(string context, string question) => FactWorld.Find(context, question, ChineseFacts.Groups.SelectMany(group => group));

    private static ScTurn Turn((string Entity, FactKind Kind, string Value) fact) => new()
    {
        Question = FactWorld.Question(fact),
        Golden = fact.Value,
        Accepted = [fact.Value],
        Score = ScScore.CharacterF1,
        MaxTokens = 40,
    };
}

using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>En.Sum: summaries of single documents of a collection.</summary>
internal sealed class SummaryTask : IScTask
{
    private const int Turns = 5;

    public string Name => "summary";

    public string Capability => "global";

    public double Bar(string part) => 0.5;

    public int LeastSize => Turns;

    public ScSession Create(ScDraws draws, int size)
    {
        var papers = PaperCollection.Create(draws, size);
        return new ScSession("", papers.Text, [.. draws.Spread(size, Turns).Select(i => PaperCollection.Turn(papers.Papers[i], 200))]);
    }

    public string Solve(string context, string question) => PaperCollection.Find(context, question);
}

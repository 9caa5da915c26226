using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Code.RepoQA: find a function by what it does and write it out.</summary>
internal sealed class RepoQaTask(ScForm form) : IScTask
{
    private const int Turns = 5;

    public string Name => "repoqa";

    public string Capability => "semantic";

    public double Bar(string part) => 0.95;

    public int LeastSize => Turns;

    public ScSession Create(ScDraws draws, int size)
    {
        var repository = CodeRepository.Create(draws, size);
        return new ScSession("", repository.Text(draws), [.. draws.Spread(size, Turns).Select(i => repository.Turn(i, form))]);
    }

    public string Solve(string context, string question) => CodeRepository.Find(context, question);
}

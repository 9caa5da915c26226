using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Mix.RepoQA+KV: functions with pairs of key and value between them; questions for both in turns.</summary>
internal sealed class RepoKvTask(ScForm form) : IScTask
{
    private const int Pairs = 4;

    public string Name => "repoqa-kv";

    public string Capability => "mixed";

    public double Bar(string part) => 0.95;

    public int LeastSize => 2 * Pairs;

    public ScSession Create(ScDraws draws, int size)
    {
        var repository = CodeRepository.Create(draws, size);
        var keys = new string[size];
        var values = new string[size];
        for (var i = 0; i < size; i++)
        {
            keys[i] = form == ScForm.Full ? draws.Unused(draws.Uuid) : draws.WordKey(size);
            values[i] = draws.Unused(() => form == ScForm.Full ? draws.Uuid() : draws.Digits(6));
        }

        // A pair behind every second function.
        var text = repository.Text(draws, i => i % 2 == 0 ? KvTask.Pair(keys[i], values[i]) : null);
        var functions = draws.Spread(size, Pairs);
        var asked = draws.Spread((size + 1) / 2, Pairs);
        var turns = functions.Zip(asked, (function, pair) => new[]
        {
            repository.Turn(function, form) with { Part = "repoqa" },
            KvTask.Turn(keys[2 * pair], values[2 * pair], form) with { Part = "kv", MaxTokens = form == ScForm.Full ? 80 : 16 },
        });
        return new ScSession("", text, [.. turns.SelectMany(pair => pair)]);
    }

    public string Solve(string context, string question) => question.Contains("for key", StringComparison.Ordinal)
        ? KvTask.Find(context, question)
        : CodeRepository.Find(context, question);
}

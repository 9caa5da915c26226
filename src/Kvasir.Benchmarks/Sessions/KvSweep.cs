using Kvasir.Benchmarks.Measures;
using Kvasir.Engine;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>
/// Has many ways of keeping keys and values read the same answers behind the same contexts, and compares each with the whole cache in 16 bits.
/// </summary>
/// <param name="model">The model's file or folder.</param>
/// <param name="threads">Worker threads; the processors of the machine when null.</param>
/// <param name="progress">Hears what is done.</param>
internal sealed class KvSweep(string model, int? threads, IProgress<string>? progress)
{
    private readonly List<Taken> _taken = [];
    private readonly List<IReadOnlyList<float[]>> _exact = [];
    private readonly List<int[]> _answers = [];
    private readonly List<double> _whole = [];

    /// <summary>Longest answer of cases that have none, tokens.</summary>
    public int AnswerTokens { get; init; } = 32;

    /// <summary>What was measured so far, also after a run that was ended; ways that have read as many cases as the whole cache.</summary>
    public IReadOnlyList<KvOutcome> Outcomes =>
        [.. _taken.Where(taken => taken.Kl.Count > 0).Select(taken => new KvOutcome(taken.Method, [.. taken.Bytes], [.. taken.Kl], [.. taken.Agreement], [.. taken.Rows], [.. taken.Contexts], taken.Tokens))];

    /// <summary>Runs it. The whole cache is among the outcomes, as the first.</summary>
    /// <param name="methods">The ways, at their budgets.</param>
    /// <param name="cases">Makes the cases in the model's tokens.</param>
    /// <param name="cancellation">Ends it; <see cref="Outcomes"/> has what was measured.</param>
    public async Task RunAsync(IReadOnlyList<KvMethod> methods, Func<SessionEngine, IReadOnlyList<KvCase>> cases, CancellationToken cancellation)
    {
        var groups = methods.Where(method => method.Kind.Name != KvMethods.Full).GroupBy(method => method.Kind.Type).OrderBy(group => group.Key != KvDataType.F16).ToList();
        IReadOnlyList<KvCase>? all = null;
        foreach (var type in groups.Select(group => group.Key).Prepend(KvDataType.F16).Distinct())
        {
            using var session = await SessionEngine.OpenAsync(model, new EngineOptions { Threads = threads, KvType = type }).ConfigureAwait(false);
            all ??= cases(session);
            var here = groups.FirstOrDefault(group => group.Key == type)?.Select(method => new Taken(method)).ToList() ?? [];
            if (type == KvDataType.F16)
                here.Insert(0, new Taken(KvMethods.Whole));
            _taken.AddRange(here);
            for (var i = 0; i < all.Count; i++)
            {
                foreach (var taken in here)
                    await ReadAsync(session, taken, all[i], i, cancellation).ConfigureAwait(false);
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                progress?.Report($"KV {type}: case {i + 1} of {all.Count}, {here.Count} ways");
            }
        }
    }

    private async Task ReadAsync(SessionEngine session, Taken taken, KvCase read, int index, CancellationToken cancellation)
    {
        var runner = taken.Method.Kind.Open(session, taken.Method.Budget);
        var handle = await runner.EncodeAsync(read.Context, cancellation).ConfigureAwait(false);
        var isWhole = _exact.Count == index;
        if (isWhole)
        {
            var answer = read.Answer.Length > 0 ? read.Answer : (await runner.AskAsync(handle, read.Question, AnswerTokens, cancellation).ConfigureAwait(false)).Tokens;
            _answers.Add(answer.Length > 0 ? answer : [read.Question[^1]]); // an answer that ends at once is still read for its first choice
            _whole.Add(handle.ResidentBytes);
        }

        var logits = await runner.ReadAsync(handle, read.Question, _answers[index], cancellation).ConfigureAwait(false);
        if (isWhole)
            _exact.Add(logits);
        var compared = TeacherForcedKl.Compare(_exact[index], logits);
        taken.Kl.Add(compared.Mean);
        taken.Agreement.Add(compared.Agreement);
        taken.Bytes.Add(handle.ResidentBytes / _whole[index]);
        taken.Rows.Add(handle.Rows);
        taken.Contexts.Add(read.Context.Length);
        taken.Tokens += logits.Count;
    }

    private sealed class Taken(KvMethod method)
    {
        public KvMethod Method => method;

        public List<double> Bytes { get; } = [];

        public List<double> Kl { get; } = [];

        public List<double> Agreement { get; } = [];

        public List<double> Rows { get; } = [];

        public List<int> Contexts { get; } = [];

        public int Tokens { get; set; }
    }
}

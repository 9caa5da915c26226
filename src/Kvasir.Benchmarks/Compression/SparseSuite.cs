using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Reading;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Reading fewer rows than are kept, beside keeping fewer: what the answer loses, and what a long prompt and its answer gain.</summary>
internal static class SparseSuite
{
    private static readonly double[] Shares = [0.25, 0.125];
    private static readonly string[] Kept = ["snapkv", "streamingllm"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        var prompts = CompressionPrompt.Make(session, ["kv", "qa-en", "vt"], options.UsedPrompts, options.UsedLength, options.Seed + 4);
        var run = new QualityRun(session, prompts, log.Progress);
        foreach (var share in Shares)
        {
            int Rows(int rows) => (int)(rows * share);
            QualityRun.Method[] methods =
            [
                .. ReadingPolicies.Names.Select(name => QualityRun.Method.Reading(ReadingPolicies.Create(name), Rows)),
                .. Kept.Select(name => QualityRun.Method.Keeping(session.Policy(name), Rows)),
            ];
            var outcomes = await run.RunAsync(methods, seesQuestion: false, cancellation).ConfigureAwait(false);
            log.Add("sparse", outcomes);
            foreach (var outcome in outcomes)
                log.Add(FormattableString.Invariant($"sparse.kl.{outcome.Policy}@{share:0.###}"), outcome.Kl.Average(), "nats a token", null, FormattableString.Invariant($"{100 * outcome.Agreement.Average():0.0} % of the answer's tokens stay the most probable ones; {prompts.Count} prompts, question asked densely behind the context"));
        }

        await SpeedAsync(options, log, session, cancellation).ConfigureAwait(false);
    }

    private static async Task SpeedAsync(CompressionOptions options, CompressionLog log, SessionEngine session, CancellationToken cancellation)
    {
        var length = Math.Min(options.Quick ? 2000 : 7900, session.Engine.MaxContext - 256);
        var tokens = options.Quick ? 24 : 48;
        var random = new Random(options.Seed);
        int[] prompt = [.. Enumerable.Range(0, length).Select(_ => 16 + random.Next(Math.Min(10_000, session.Engine.Config.VocabSize - 16)))];
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = tokens, IgnoreStopTokens = true, UsePrefixCache = false };
        var dense = new List<(double Prompt, double Token)>();
        var sparse = ReadingPolicies.Names.Select(_ => new List<(double Prompt, double Token, double Share)>()).ToArray();
        for (var repeat = 0; repeat < 3; repeat++)
        {
            dense.Add(Times(await TimeAsync(null).ConfigureAwait(false)));
            for (var i = 0; i < sparse.Length; i++)
            {
                var answer = await TimeAsync(new SparseReading { Policy = ReadingPolicies.Create(ReadingPolicies.Names[i]), Share = 0.125 }).ConfigureAwait(false);
                var (first, token) = Times(answer);
                sparse[i].Add((first, token, answer.Statistics.Reading!.ReadShare));
            }
        }

        var (densePrompt, denseToken) = (Middle(dense.Select(time => time.Prompt)), Middle(dense.Select(time => time.Token)));
        for (var i = 0; i < sparse.Length; i++)
        {
            var name = ReadingPolicies.Names[i];
            var policy = ReadingPolicies.Create(name);
            if (policy.ShapesPrompt)
                Add("prompt", $"sparse.speedup.{name}", densePrompt, Middle(sparse[i].Select(time => time.Prompt)), sparse[i][0].Share);
            if (policy.ShapesAnswer)
                Add("token", policy.ShapesPrompt ? $"sparse.token-speedup.{name}" : $"sparse.speedup.{name}", denseToken, Middle(sparse[i].Select(time => time.Token)), sparse[i][0].Share);
        }

        void Add(string what, string check, double whole, double part, double share) =>
            log.Add(check, whole / part, "times", null, FormattableString.Invariant($"{what} of {1000 * whole:0.0} ms takes {1000 * part:0.0} ms behind {length} rows, {share:0.000} of the rows are read; median of 3"));

        async Task<Answer> TimeAsync(SparseReading? reading)
        {
            using var generation = session.Engine.Submit(request with { Reading = reading });
            return await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        }

        (double Prompt, double Token) Times(Answer answer) => (
            answer.Statistics.TimeToFirstToken.TotalSeconds,
            (answer.Statistics.TotalTime - answer.Statistics.TimeToFirstToken).TotalSeconds / (tokens - 1));
    }

    private static double Middle(IEnumerable<double> values) => values.Order().ElementAt(1);
}

using System.Diagnostics;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Tokens a second of many long answers under one small KV budget: smaller caches let more of them run together.</summary>
internal static class ThroughputSuite
{
    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        var answer = options.Quick ? 384 : 2048;
        var requests = options.Quick ? 12 : 16;
        var model = options.Model;
        string[] policies = ["", "lazy", "elastic"];
        var rates = new double[policies.Length];
        for (var i = 0; i < policies.Length; i++)
        {
            using var probe = await SessionEngine.OpenAsync(model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
            var quota = (long)(probe.Shapes.BytesPerToken * (answer + 64) * 2.5);
            using var session = await SessionEngine.OpenAsync(model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16, KvBudgetBytes = quota, MaxSequences = requests }).ConfigureAwait(false);
            var random = new Random(options.Seed);
            var clock = Stopwatch.StartNew();
            var generations = Enumerable.Range(0, requests).Select(number => session.Engine.Submit(new GenerationRequest
            {
                Prompt = (int[])[.. session.Frame.Head, .. Enumerable.Range(0, 40).Select(_ => 16 + random.Next(1000))],
                MaxTokens = answer,
                IgnoreStopTokens = true,
                UsePrefixCache = false,
                Compression = policies[i].Length == 0 ? null : new KvCompression { Policy = session.Policy(policies[i]), Rows = policies[i] == "lazy" ? answer / 8 : null, Share = 0.2 },
            })).ToArray();
            foreach (var generation in generations)
            {
                await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
                generation.Dispose();
            }

            rates[i] = requests * answer / clock.Elapsed.TotalSeconds;
            log.Progress?.Report(FormattableString.Invariant($"throughput {(i == 0 ? "full" : policies[i])}: {rates[i]:0} tokens/s"));
        }

        log.Add("longGeneration.throughputRatio", rates[1] / rates[0], "times", 1.5, FormattableString.Invariant($"LazyEviction at an eighth {rates[1]:0} tokens/s, whole cache {rates[0]:0}; {requests} answers of {answer} tokens, memory for 2.5 of them"));
        log.Add("longGeneration.elasticRatio", rates[2] / rates[0], "times", 1.4, FormattableString.Invariant($"Elastic Cache that keeps a fifth of all tokens {rates[2]:0} tokens/s, the same answers"));
    }
}

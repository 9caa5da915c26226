using System.Diagnostics;
using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Time of a token behind a long prompt with the whole cache and with an eighth of it, and whether it stays flat.</summary>
internal static class DecodeSuite
{
    private const int Repeats = 3;
    private const int LongestPrompt = 7900;

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        await SpeedAsync(options.Model, "", 1, options, log, cancellation).ConfigureAwait(false);
        if (options.SpeedModel is { } speedModel)
            await SpeedAsync(speedModel, ".batch16", 16, options, log, cancellation).ConfigureAwait(false);
    }

    private static async Task SpeedAsync(string model, string suffix, int batch, CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        long room;
        using (var file = ModelFile.Open(model))
            room = (long)new KvLayout(file.Config.Layers, file.Config.KvHeads, file.Config.HeadDim, KvDataType.F16).BytesPerToken * (batch + 2) * (LongestPrompt + 256);
        using var session = await SessionEngine.OpenAsync(model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16, MaxSequences = batch, KvBudgetBytes = room }).ConfigureAwait(false);
        var length = Math.Min(options.Quick ? 2000 : LongestPrompt, session.Engine.MaxContext - 256);
        var random = new Random(options.Seed);
        int[] prompt = [.. Enumerable.Range(0, length).Select(_ => 16 + random.Next(Math.Min(10_000, session.Engine.Config.VocabSize - 16)))];
        var tokens = options.Quick ? 24 : 48;
        await TokenAsync(prompt, 1, null).ConfigureAwait(false); // the prompt's rows are there
        var none = new List<double>();
        var whole = new List<double>();
        var eighth = new List<double>();
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            none.Add(await TokenAsync(prompt[..16], tokens, null).ConfigureAwait(false));
            whole.Add(await TokenAsync(prompt, tokens, null).ConfigureAwait(false));
            eighth.Add(await TokenAsync(prompt, tokens, "snapkv").ConfigureAwait(false));
            log.Progress?.Report($"decode{suffix}: {repeat + 1} of {Repeats}");
        }

        var (bare, full, small) = (Samples.Median(none), Samples.Median(whole), Samples.Median(eighth));
        log.Add($"budget8.decodeSpeedup8k{suffix}", full / small, "times", 2, FormattableString.Invariant($"{1000 * full:0.00} ms a token with {length} rows, {1000 * small:0.00} ms with an eighth, {1000 * bare:0.00} ms with none; batch {batch}, each sequence with rows of its own; median of {Repeats}"));
        log.Add($"budget8.attentionSpeedup8k{suffix}", (full - bare) / Math.Max(1e-9, small - bare), "times", 5, "the same without what a token costs with no cache: attention alone");
        if (batch > 1)
            return;
        var steps = options.Quick ? 200 : 1000;
        int[] context = prompt[..Math.Min(length, 3000)];
        await TokenAsync(context, steps / 4, "cake").ConfigureAwait(false); // the first answer of a process is slower
        var early = await TokenAsync(context, steps / 4, "cake").ConfigureAwait(false);
        var all = await TokenAsync(context, steps, "cake").ConfigureAwait(false);
        log.Add("budget8.flatness", all / early, "times", 1, $"CAKE: time of a token over {steps} tokens, over that of the first quarter");

        // Seconds a token: of steps in which all answers of the batch grow, and none begins.
        async Task<double> TokenAsync(int[] tokensOfPrompt, int answer, string? policy)
        {
            var request = new GenerationRequest
            {
                Prompt = tokensOfPrompt,
                MaxTokens = answer,
                IgnoreStopTokens = true,
                Compression = policy is null ? null : new KvCompression { Policy = session.Policy(policy), Share = 0.125 },
                LayerPolicy = policy is null && batch > 1 && answer > 1 ? () => new OwnRows() : null,
            };
            var grown = new List<(long Arrival, long Time)>();
            await session.Engine.QueryAsync(loop => loop.AfterStep = sequence =>
            {
                if (sequence.AnswerLength > 0)
                    grown.Add((sequence.Arrival, Stopwatch.GetTimestamp()));
            }).ConfigureAwait(false);
            var generations = Enumerable.Range(0, answer == 1 ? 1 : batch).Select(_ => session.Engine.Submit(request)).ToArray();
            try
            {
                await Task.WhenAll(generations.Select(generation => generation.Choices[0].CompleteAsync(cancellation))).ConfigureAwait(false);
                return answer == 1 ? 0 : Samples.Median(StepSeconds(grown, batch));
            }
            finally
            {
                foreach (var generation in generations)
                    generation.Dispose();
            }
        }
    }

    private static List<double> StepSeconds(List<(long Arrival, long Time)> grown, int batch)
    {
        var steps = new List<double>();
        var seen = new HashSet<long>();
        var (begun, whole) = (0L, false);
        foreach (var (arrival, time) in grown)
        {
            if (!seen.Contains(arrival))
            {
                begun = seen.Count == 0 ? time : begun;
                seen.Add(arrival);
                continue;
            }

            if (whole && seen.Count == batch)
                steps.Add(Stopwatch.GetElapsedTime(begun, time).TotalSeconds);
            whole = seen.Count == batch;
            seen.Clear();
            seen.Add(arrival);
            begun = time;
        }

        return steps.Count > 0 ? steps : throw new InvalidOperationException($"no step had all {batch} answers; the pool or the answers are too small");
    }

    /// <summary>Changes nothing; a sequence that has a policy has rows of its own, so that a batch does not read a shared prompt once.</summary>
    private sealed class OwnRows : ILayerPolicy
    {
        public string Name => "own rows";

        public bool AllowsPrefixReuse => true;

        public void AfterKeysValues(in LayerContext context, LayerDecision decision)
        {
        }

        public void AfterAttention(in LayerContext context, LayerDecision decision)
        {
        }
    }
}

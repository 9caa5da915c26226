using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>RazorAttention: retrieval heads keep everything; questions come after compression.</summary>
internal static class HeadSuite
{
    private const int Sinks = 4;
    private const double Ratio = 8;

    /// <summary>Shares of heads by induction that are tried; the published recipe goes up in such steps where quality is short.</summary>
    private static readonly double[] Shares = [0.1, 0.17, 0.2, 0.25, 0.3, 0.35];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        if (session.Profiles.Heads is not { } profile)
        {
            log.Progress?.Report("heads: the model has no head profile ('kvasir kv profile-heads'); left out");
            return;
        }

        var prompts = CompressionPrompt.Make(session, ["kv", "qa-en"], options.UsedPrompts, options.UsedLength, options.Seed + 1);
        var run = new QualityRun(session, prompts, log.Progress);
        var chosen = profile.RetrievalHeads();
        var heads = profile.Layers * profile.KvHeads;
        var full = Count(chosen);
        var random = RandomHeads(chosen, options.Seed);
        var window = options.UsedLength / 16;
        var razorOptions = new RazorOptions { Sinks = Sinks, LeastWindow = window, Ratio = Ratio };
        ICompressionPolicy[] razors =
        [
            new RazorPolicy("razor", chosen, razorOptions),
            new RazorPolicy("razor-random", random, razorOptions),
            new RazorPolicy("razor-plain", chosen, razorOptions with { Compensates = false }),
            new RazorPolicy("razor-uncounted", chosen, razorOptions with { CountsDropped = false }),
        ];
        (string Name, bool[][] Heads)[] sweep = [.. Shares.Select(share => (FormattableString.Invariant($"razor@{share:0.##}"), profile.RetrievalHeads(inductionShare: share)))];
        int Kept(int rows) => (int)Math.Round(Formula(rows, full, heads, window));
        (ICompressionPolicy Policy, Func<int, int> Rows)[] methods =
        [
            .. razors.Select(policy => (policy, (Func<int, int>)Kept)),
            .. sweep.Select(tried => ((ICompressionPolicy)new RazorPolicy(tried.Name, tried.Heads, razorOptions), (Func<int, int>)(rows => (int)Math.Round(Formula(rows, Count(tried.Heads), heads, window))))),
            .. new[] { "snapkv", "h2o", "streamingllm" }.Select(name => (session.Policy(name), (Func<int, int>)Kept)),
        ];
        var outcomes = (await run.RunAsync(methods, seesQuestion: false, cancellation).ConfigureAwait(false)).ToDictionary(outcome => outcome.Policy);
        log.Add("heads", outcomes.Values);
        var razor = outcomes["razor"];
        var formula = prompts.Average(prompt => Formula(prompt.Context, full, heads, window) / prompt.Context);
        log.Add("razor.headShare", (double)full / heads, "of KV heads", 0.15, "retrieval heads: 1 % by echo, 14 % by induction, one at least");
        log.Add("razor.bytesOverFormula", razor.Bytes / formula, "of formula", 1, "bytes of the pool's blocks over (share + (1 - share)·(sinks + 1 + L_h) / N); wanted: within 2 %, blocks of 32 rows are not always full");
        log.Add("razor.scoreLoss", 100 * (1 - razor.Agreement.Average()), "points", 1, "tokens of the reference answer that are no longer the most probable ones, questions asked after compression");
        var tried = sweep.Select(tried => (tried.Name, Heads: Count(tried.Heads))).Append((Name: "razor", Heads: full)).Select(tried => (tried.Heads, Outcome: outcomes[tried.Name])).OrderBy(tried => tried.Heads).ToArray();
        foreach (var (count, outcome) in tried)
            log.Add($"razor.scoreLoss@{count}", Interval.Of([.. outcome.Agreement.Select(share => 100 * (1 - share))]), "points", 1, FormattableString.Invariant($"{count} of {heads} KV heads keep all, {100 * outcome.Bytes:0} % of the bytes, KL {outcome.Kl.Average():0.000}"));
        if (tried.FirstOrDefault(one => 100 * (1 - one.Outcome.Agreement.Average()) <= 1) is { Heads: > 0 } enough)
            log.Add("razor.shareForOnePoint", (double)enough.Heads / heads, "of KV heads", null, FormattableString.Invariant($"fewest of those tried that lose at most one point: {enough.Heads} of {heads}, {100 * enough.Outcome.Bytes:0} % of the bytes"));
        log.Add("razor.randomHeadsLoss", 100 * (1 - outcomes["razor-random"].Agreement.Average()), "points", null, "the same with as many heads at random");
        log.Add("razor.snapkvLoss", 100 * (1 - outcomes["snapkv"].Agreement.Average()), "points", null, "SnapKV that has not seen the question, at the same rows");
        log.Add("razor.h2oLoss", 100 * (1 - outcomes["h2o"].Agreement.Average()), "points", null, "H2O likewise");
        log.Add("razor.compensationKl", PairedTest.Of(razor.Kl, outcomes["razor-plain"].Kl).Difference, "nats a token", 0, "with the compensation token minus without");
        log.Add("razor.countKl", PairedTest.Of(razor.Kl, outcomes["razor-uncounted"].Kl).Difference, "nats a token", 0, "with its ln N minus without");
    }

    private static int Count(bool[][] chosen) => chosen.Sum(layer => layer.Count(head => head));

    /// <summary>Mean rows a head: the retrieval heads' share of all rows, and what the others keep.</summary>
    private static double Formula(int rows, int full, int heads, int window)
    {
        var kept = Sinks + 1 + Math.Max(window, (int)(rows / Ratio));
        return (((double)full * rows) + ((double)(heads - full) * Math.Min(rows, kept))) / heads;
    }

    private static bool[][] RandomHeads(bool[][] like, int seed)
    {
        var random = new Random(seed);
        var flat = like.SelectMany(layer => layer).ToArray();
        random.Shuffle(flat);
        return [.. flat.Chunk(like[0].Length)];
    }
}

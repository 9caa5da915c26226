using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression.Profiling;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Verification;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// Head profiles: whether other needles and tokens show the same heads, and whether the model finds less without those that they show
/// (CompressKV, RazorAttention).
/// </summary>
internal static class ProfileSuite
{
    private const int Voters = 4;
    private const int Draws = 2;

    private static readonly int[] PerLayer = [1, 2, Voters];
    private static readonly int[] OverAll = [5, 10, 20];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        var profiles = new List<HeadProfile>();
        for (var seed = 0; seed < 5; seed++)
        {
            // Needles for three seeds, repeated random tokens for all.
            var how = new HeadProfileOptions { Seed = options.Seed + 100 + seed, Lengths = seed > 2 ? 0 : options.Quick ? 2 : 4 };
            profiles.Add(HeadProfiler.Measure(options.Model, how, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }, null, cancellation));
            log.Progress?.Report($"profile {seed + 1} of 5: {profiles[^1].Found} of {profiles[^1].Asked} needles found");
        }

        var needles = profiles.Take(3).ToArray();
        Stability(log, needles, profiles);
        if (needles.Any(profile => profile.Found == 0))
        {
            log.Progress?.Report("profile: the model found no needle in a corpus; masking is left out");
            return;
        }

        await MaskAsync(options, log, needles[0], cancellation).ConfigureAwait(false);
    }

    private static void Stability(CompressionLog log, HeadProfile[] needles, List<HeadProfile> all)
    {
        var pairs = Pairs(needles);
        var (layers, heads) = (needles[0].Layers, needles[0].Semantic[0].Length);
        foreach (var count in new[] { Voters, 2 })
        {
            var overlaps = pairs.SelectMany(pair => pair.One.Voters(count).Zip(pair.Other.Voters(count), (a, b) => Jaccard(a, b))).ToArray();
            log.Add($"profile.voters{count}Jaccard", Interval.Of(overlaps), "", 0.6, $"overlap of the best {count} of {heads} heads, {layers} layers, three corpora of needles in pairs");
        }

        log.Add("profile.layerErrorsPearson", pairs.Min(pair => Pearson(pair.One.LayerErrors, pair.Other.LayerErrors)), "", 0.9, "r of the layers between corpora, least of the pairs");
        var razor = Pairs(all).Select(pair => Jaccard(Chosen(pair.One), Chosen(pair.Other))).ToArray();
        log.Add("profile.retrievalHeadsJaccard", razor.Average(), "", 0.8, FormattableString.Invariant($"RazorAttention's heads, five seeds in pairs; least {razor.Min():0.00}"));
        var scores = all[0].Induction.SelectMany(layer => layer).Order().ToArray();
        log.Add("profile.inductionTail", scores[^(scores.Length / 10)] / Math.Max(1e-9, scores[scores.Length / 2]), "times", null, FormattableString.Invariant($"induction score at the 90th percentile over the median; largest {scores[^1]:0.00}, median {scores[scores.Length / 2]:0.0000}: heavy-tailed when far above 1"));
    }

    private static async Task MaskAsync(CompressionOptions options, CompressionLog log, HeadProfile profile, CancellationToken cancellation)
    {
        IReadOnlyList<CompressionPrompt> prompts;
        using (var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false))
            prompts = CompressionPrompt.Make(session, ["kv", "qa-en"], Math.Max(4, options.UsedPrompts / 2), options.UsedLength / 2, options.Seed + 7);
        using var model = LoadedModel.Open(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 });
        var mask = new HeadMask(model.Config.HeadDim);
        using var run = new ColdRun(model, prompts.Max(prompt => prompt.Tokens.Length + prompt.Answer.Length), chunk: 128) { Observer = mask };
        var exact = prompts.Select(prompt => Read(prompt, [])).ToArray();
        var random = new Random(options.Seed);
        var layers = Enumerable.Range(0, profile.Layers).ToArray();
        foreach (var count in PerLayer)
            Compare($"{count}PerLayer", Of(profile.Voters(count)), Of(profile.Voters(count, semantic: false)));
        foreach (var count in OverAll)
            Compare($"{count}", Best(profile.Semantic, count), Best(profile.Retrieval, count));

        void Compare(string name, (int Layer, int Head)[] semantic, (int Layer, int Head)[] retrieval)
        {
            var loss = Loss(semantic);
            var others = Enumerable.Range(0, Draws).SelectMany(_ => Loss(Others(semantic))).ToArray();
            var (mean, chance) = (loss.Average(), others.Average());
            log.Add($"profile.maskedLoss@{name}", Interval.Of(loss), "points", null, $"answer tokens that are no longer the most probable ones without the {semantic.Length} best semantic heads, {prompts.Count} prompts");
            log.Add($"profile.maskedLossRandom@{name}", Interval.Of(others), "points", null, $"the same without as many others of the same layers, {Draws} draws");
            log.Add($"profile.maskedLossOlderRule@{name}", Interval.Of(Loss(retrieval)), "points", null, "the same without the best heads by the older rule");
            log.Add($"profile.maskedRatio@{name}", mean / Math.Max(1, chance), "times", 3, "semantic heads over random ones, whose loss counts as one point at least");
            log.Progress?.Report(FormattableString.Invariant($"masked {name}: {mean:0.0} points, others {chance:0.0}"));
        }

        double[] Loss(IReadOnlyCollection<(int Layer, int Head)> heads) =>
            [.. prompts.Select((prompt, i) => 100 * (1 - TeacherForcedKl.Compare(exact[i], Read(prompt, heads)).Agreement))];

        IReadOnlyList<float[]> Read(CompressionPrompt prompt, IReadOnlyCollection<(int Layer, int Head)> heads)
        {
            mask.Heads = heads;
            run.Reset();
            var logits = new List<float[]>();
            run.Extend(
                [.. prompt.Tokens, .. prompt.Answer[..^1]],
                (position, row) =>
                {
                    if (position >= prompt.Tokens.Length - 1)
                        logits.Add(row.ToArray());
                },
                cancellation);
            return logits;
        }

        // As many heads of each layer as the set has there, none of them in it; of a layer that has not so many the others are taken.
        (int Layer, int Head)[] Others((int Layer, int Head)[] set) =>
        [
            .. layers.SelectMany(layer =>
            {
                int[] taken = [.. set.Where(head => head.Layer == layer).Select(head => head.Head)];
                int[] left = [.. Enumerable.Range(0, profile.Semantic[layer].Length).Except(taken)];
                random.Shuffle(left);
                return left.Take(taken.Length).Select(head => (layer, head));
            }),
        ];
    }

    private static (int Layer, int Head)[] Of(int[][] heads) => [.. heads.SelectMany((layer, l) => layer.Select(head => (l, head)))];

    private static (int Layer, int Head)[] Best(double[][] scores, int count) =>
        [.. scores.SelectMany((layer, l) => layer.Select((score, head) => (Score: score, l, head))).OrderByDescending(head => head.Score).Take(count).Select(head => (head.l, head.head))];

    private static int[] Chosen(HeadProfile profile) =>
        [.. profile.RetrievalHeads().SelectMany(layer => layer).Select((chosen, head) => (chosen, head)).Where(head => head.chosen).Select(head => head.head)];

    private static (HeadProfile One, HeadProfile Other)[] Pairs(IReadOnlyList<HeadProfile> profiles) =>
        [.. profiles.SelectMany((one, i) => profiles.Skip(i + 1).Select(other => (one, other)))];

    private static double Jaccard(int[] one, int[] other) => (double)one.Intersect(other).Count() / one.Union(other).Count();

    private static double Pearson(double[] one, double[] other)
    {
        var (a, b) = (one.Average(), other.Average());
        var both = one.Zip(other, (x, y) => (x - a) * (y - b)).Sum();
        return both / Math.Sqrt(one.Sum(x => (x - a) * (x - a)) * other.Sum(y => (y - b) * (y - b)));
    }
}

using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Perplexities;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Compression.Profiling;
using Kvasir.Engine.Loading;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.KvCache.Virtual;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// Fewer bits a number: what they cost in prediction, and against fewer rows at equal bytes. Scales, minima and positions of rows count.
/// Questions are asked afterwards.
/// </summary>
internal static class QuantisedSuite
{
    private const string EightBits = "q8_0";
    private const string FourBits = "q4_0";

    /// <summary>Share that all rows take in no form: fewer rows in fewer bits.</summary>
    private const double FewestBytes = 0.1;

    private static readonly (string Method, string Check, double? Bound)[] Read =
        [(FourBits, "kv4bit", 0.02), (EightBits, "kv8bit", null), ("kivi4", "kivi4", 0.02), ("kivi2", "kivi2", null)];

    /// <summary>Projections: directions as measured, as published, any, and those that all heads of a layer share.</summary>
    private static readonly (string Name, string Policy, Func<RankProfileOptions, int, RankProfileOptions> Of)[] Projecting =
    [
        ("palu", "palu", (options, _) => options),
        ("palu8", "palu8", (options, _) => options),
        ("palu4", "palu4", (options, _) => options),
        ("palu.alike", "palu", (options, _) => options with { JudgedTokens = 0 }),
        ("palu.moments", "palu", (options, _) => options with { Directions = RankDirections.Moments }),
        ("palu.random", "palu", (options, _) => options with { Directions = RankDirections.Random, JudgedTokens = 0 }),
        ("palu.grouped", "palu", (options, heads) => options with { GroupHeads = heads }),
    ];

    private static readonly string[] Tasks = ["kv", "qa-en", "vt"];

    private static readonly string[] Dropping = ["streamingllm", "snapkv", "razor"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        ModelConfig config;
        ModelProfiles profiles;
        using (var file = ModelFile.Open(options.Model))
            (config, profiles) = (file.Config, ProfileFiles.Of(file));
        if (config.HeadDim % PackedForm.GroupRows != 0)
        {
            log.Progress?.Report($"suite quantised is left out: numbers are quantised {PackedForm.GroupRows} at a time, and heads have {config.HeadDim} dimensions");
            return;
        }

        if (options.Text is { } text)
            await ReadTextAsync(options, text, config, log, cancellation).ConfigureAwait(false);
        await CompareAsync(options, config, profiles, log, cancellation).ConfigureAwait(false);
    }

    private static async Task ReadTextAsync(CompressionOptions options, string text, ModelConfig config, CompressionLog log, CancellationToken cancellation)
    {
        var read = new PerplexityOptions
        {
            Model = options.Model,
            Text = text,
            Policies = [.. Read.Select(method => method.Method)],
            ContextTokens = options.Quick ? 512 : 1024,
            JudgedTokens = options.Quick ? 256 : 512,
            Threads = options.Threads,
        };
        var report = await PerplexityBenchmark.RunAsync(read, log.Progress, cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        foreach (var (method, check, bound) in Read)
        {
            var row = report.Rows.Single(row => row.Policy == method);
            var bytes = row.Bytes / read.ContextTokens;
            log.Add($"{check}.perplexityChange", new Interval(row.Change, row.ChangeLow, row.ChangeHigh), "", bound, FormattableString.Invariant($"{method} against F16, {row.Tokens} tokens behind {read.ContextTokens}; perplexity {row.Perplexity:0.00}; above 0 is worse"));
            log.Add($"{check}.kl", row.Kl, "nats a token", 0, "divergence from F16's distributions, the same tokens");
            log.Add($"{check}.bytesPerToken", bytes, "bytes", new KvLayout(config.Layers, config.KvHeads, config.HeadDim, KvDataType.F16).BytesPerToken, "of the context, scales and indices included; baseline: F16");
        }
    }

    /// <summary>Ways to project, each with a profile by prompts that are not judged.</summary>
    private static async Task<IReadOnlyList<KvMethod>> ProjectingAsync(CompressionOptions options, ModelConfig config, IReadOnlyList<double> budgets, CompressionLog log, CancellationToken cancellation)
    {
        int[][] pieces;
        using (var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads }).ConfigureAwait(false))
            pieces = [.. CompressionPrompt.Make(session, Tasks, Math.Max(3, options.UsedPrompts / 2), options.UsedLength, options.Seed + 7919).Select(prompt => prompt.Tokens)];
        var usual = options.Quick ? new RankProfileOptions { JudgedTokens = 8, JudgedPieces = 1 } : new RankProfileOptions();
        var shared = Enumerable.Range(1, 4).Last(heads => config.KvHeads % heads == 0);
        var measured = new Dictionary<RankProfileOptions, ModelProfiles>();
        using var model = LoadedModel.Open(options.Model, new EngineOptions { Threads = options.Threads });
        foreach (var of in Projecting.Select(way => way.Of(usual, shared)).Distinct())
        {
            measured[of] = new ModelProfiles(null, RankProfiler.Measure(model, pieces, of, null, cancellation));
            log.Progress?.Report($"rank profile {measured.Count}: {of.Directions}, {of.GroupHeads} heads together{(of.JudgedTokens == 0 ? ", layers alike" : "")}");
        }

        return
        [
            .. from way in Projecting
               from budget in budgets
               let profiles = measured[way.Of(usual, shared)]
               select new KvMethod(new KvMethodKind(way.Name, KvDataType.F16, true, (session, share) => new CompressedSessionRunner(session, way.Policy, share, profiles)), budget),
        ];
    }

    private static async Task CompareAsync(CompressionOptions options, ModelConfig config, ModelProfiles profiles, CompressionLog log, CancellationToken cancellation)
    {
        var dropping = Dropping.Where(name => profiles.Has(CompressionPolicies.ProfileOf(name))).ToArray();
        var type = new KvLayout(config.Layers, config.KvHeads, config.HeadDim, KvDataType.F16);
        var budgets = new[] { KvDataType.Q8_0, KvDataType.Q4_0 }.Select(small => (type with { Type = small }).BytesPerToken / type.BytesPerToken).Append(0.1875).ToArray();
        var sizes = KvMethods.Of([EightBits, FourBits, .. CompressionPolicies.Forms], [1], config).ToDictionary(method => method.Kind.Name, method => method.Budget);
        var combined = dropping.SelectMany(name => new[] { $"{name}+{EightBits}", $"{name}+{FourBits}" }.Concat(Packed(name)));
        IReadOnlyList<KvMethod> methods =
        [
            .. KvMethods.Of([.. Read.Select(method => method.Method), .. dropping], budgets, config),
            .. KvMethods.Of([.. combined], [.. budgets, FewestBytes], config).Where(method => method.Budget < sizes[method.Kind.Name.Split('+')[1]]),
        ];
        var projecting = CompressionLimits.WhyNot(config, KvMemory.Paged) is null ? await ProjectingAsync(options, config, options.Quick ? [budgets[1]] : budgets, log, cancellation).ConfigureAwait(false) : [];
        var sweep = new KvSweep(options.Model, options.Threads, log.Progress);
        try
        {
            await sweep.RunAsync(
                [.. methods, .. projecting],
                session => [.. CompressionPrompt.Make(session, Tasks, options.UsedPrompts, options.UsedLength, options.Seed)
                    .Select(prompt => new KvCase(prompt.Tokens[..prompt.Context], prompt.Tokens[prompt.Context..], prompt.Answer))],
                cancellation).ConfigureAwait(false);
        }
        finally
        {
            foreach (var outcome in sweep.Outcomes)
            {
                log.Add(new CompressionCurve(
                    "quantised", outcome.Method.Kind.Name, (int)Math.Round(outcome.Rows.Average()), outcome.Rows.Max(), outcome.Share, outcome.Kl.Average(), outcome.Agreement.Average(), double.NaN));
            }
        }

        // At the bytes of four bits: fewer bits of all rows against fewer rows, and both.
        var at = sweep.Outcomes.Where(outcome => Math.Abs(outcome.Method.Budget - budgets[1]) < 1e-9).ToDictionary(outcome => outcome.Method.Kind.Name);
        foreach (var name in dropping)
        {
            Compare(FourBits, name);
            if (at.ContainsKey($"{name}+{EightBits}"))
                Compare($"{name}+{EightBits}", name);
            foreach (var packed in Packed(name).Where(at.ContainsKey))
                Compare(packed, name);
        }

        IEnumerable<string> Packed(string name) => CompressionPolicies.Forms.Select(form => $"{name}+{form}").Where(pair => CompressionPolicies.WhyNot(pair) is null);

        void Compare(string one, string other)
        {
            var test = PairedTest.Of(at[one].Kl, at[other].Kl);
            log.Add($"quantised.klOf.{one}.vs.{other}", test.Difference, "nats a token", 0, FormattableString.Invariant($"at {budgets[1]:0.###} of the bytes, p = {test.P:0.####}; below 0: {one} is closer to the whole cache"));
        }
    }
}

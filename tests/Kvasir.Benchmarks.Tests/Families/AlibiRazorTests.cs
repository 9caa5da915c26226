using Kvasir.Benchmarks.Demo;
using Kvasir.Benchmarks.Families;
using Kvasir.Benchmarks.Fuzzing;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>
/// RazorAttention's windows for models with ALiBi, on models with random weights and the slopes of their families, that read real bytes; a trained
/// one was not at hand.
/// </summary>
public sealed class AlibiRazorTests : IDisposable
{
    private const int Length = 600;
    private const int Tokens = 24;
    private const int Texts = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-alibi").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("bloom")]
    [InlineData("falcon-alibi")]
    public void Reach_IsThatOfTheFormula(string name)
    {
        using var file = ModelFile.Open(Write(name));
        var config = file.Config;
        var scopes = ProfileFiles.Of(file).Scopes!;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            float[] weight = file.GetVector(WeightRole.AttentionNorm, layer), shift = file.GetVector(WeightRole.AttentionNormBias, layer);
            var published = weight.Sum(x => (double)x * x) + shift.Sum(x => (double)x * x) + 1;
            var longest = Math.Pow((Math.Sqrt(weight.Length) * weight.Max(Math.Abs)) + Math.Sqrt(shift.Sum(x => (double)x * x)), 2) + 1;
            for (var head = 0; head < config.QueryHeads; head++)
            {
                var norm = Norm(Rows(WeightRole.Query, WeightRole.QueryBias), Rows(WeightRole.Key, WeightRole.KeyBias));
                Assert.Equal(1, scopes.Content[layer][head] / (norm * published * config.AlibiScale), 1e-4);
                Assert.Equal(1, scopes.Bound[layer][head] / (norm * longest / Math.Sqrt(config.HeadDim)), 1e-4);

                double[][] Rows(WeightRole matrix, WeightRole bias)
                {
                    var (values, biases) = (file.ReadMatrix(matrix, layer), file.GetVector(bias, layer));
                    return [.. Enumerable.Range(head * config.HeadDim, config.HeadDim).Select(row => (double[])[.. values.AsSpan(row * config.HiddenSize, config.HiddenSize).ToArray().Select(x => (double)x), biases[row]])];
                }
            }
        }

        var slopes = Oracle.Plain.Times(Oracle.Plain.Slopes(config.QueryHeads), config.AlibiScale);
        Assert.All(slopes.Zip(scopes.Slopes), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        for (var head = 0; head < slopes.Length; head++)
            Assert.Equal((int)Math.Ceiling(((2 * scopes.Content[1][head]) - Math.Log(1e-5)) / scopes.Slopes[head]), scopes.Windows()[1][head]);
    }

    [Theory]
    [InlineData("bloom", false)]
    [InlineData("bloom", true)]
    [InlineData("falcon-alibi", false)]
    [InlineData("falcon-alibi", true)]
    public async Task WhatIsNotSeen_HasNoWeight_AndTheAnswerStaysTheSame(string name, bool bounded)
    {
        using var engine = KvasirEngine.Load(Write(name), new EngineOptions { MaxBatchTokens = 256, MaxContext = 1024, Threads = 2, KvType = KvDataType.F32 });
        var windows = ProfileFiles.Of(engine.Model).Scopes!.Windows(bounded);
        Assert.Contains(windows.SelectMany(layer => layer), window => window < 0.6 * Length);
        int[][] few = [.. windows.Select(layer => layer.Select(_ => 8).ToArray())];
        var (worst, near) = (0.0, 0.0);
        foreach (var prompt in Prompts())
        {
            var watch = new MassBeyond(windows);
            var whole = await RunAsync(engine, prompt, watch);
            Assert.InRange(watch.Largest, 0, AlibiScopes.UsualEpsilon * Length);
            worst = Math.Max(worst, Difference(whole, await RunAsync(engine, prompt, new RazorAlibiPolicy("razor-alibi", windows))));
            near = Math.Max(near, Difference(whole, await RunAsync(engine, prompt, new RazorAlibiPolicy("near", few))));
        }

        Assert.InRange(worst, 0, 1e-3);
        Assert.True(near > 1e-2, $"windows of 8 rows lose {near} only: the models cannot tell");
    }

    [Fact]
    public async Task RowsAndBytes_AreThoseOfTheWindows_AndTheAnswerKeepsThem()
    {
        var path = Write("bloom");
        using var file = ModelFile.Open(path);
        var windows = ProfileFiles.Of(file).Scopes!.Windows();
        var ask = KvCompression.Parse("razor-alibi", ProfileFiles.Of(file));
        using var engine = KvasirEngine.Load(path, new EngineOptions { MaxContext = 1024, Threads = 2 });
        using var generation = engine.Submit(new GenerationRequest { Prompt = Prompts().First(), MaxTokens = Tokens, IgnoreStopTokens = true, Compression = ask });
        var statistics = (await generation.CompleteAsync())[0].Statistics.Compression!;
        Assert.Equal(windows.SelectMany(layer => layer).Average(window => Math.Min(window, Length)), statistics.KeptRows, 1e-9);
        Assert.True(statistics.RowBytes < 0.9 * statistics.FullBytes);
        var steady = windows.SelectMany(layer => layer).Count(window => window <= Length);
        Assert.Equal(steady * (Tokens - 1), statistics.DroppedInAnswer);
        Assert.Contains("takes no budget", Assert.Throws<FormatException>(() => KvCompression.Parse("razor-alibi:0.5", ProfileFiles.Of(file))).Message, StringComparison.Ordinal);
        Assert.Contains("use razor", Assert.Throws<FormatException>(() => KvCompression.Parse("razor-alibi")).Message, StringComparison.Ordinal);
    }

    /// <summary>Heads of 32 dimensions, whose rows can be packed: they keep their distances.</summary>
    [Fact]
    public async Task PackedRows_FallWithTheDistanceToo()
    {
        using var engine = KvasirEngine.Load(Write("bloom", wide: true), new EngineOptions { MaxBatchTokens = 256, MaxContext = 1024, Threads = 2, KvType = KvDataType.F32 });
        foreach (var prompt in Prompts().Take(4))
        {
            var whole = await RunAsync(engine, prompt, new MassBeyond([.. Enumerable.Repeat(Enumerable.Repeat(Length, 6).ToArray(), 2)]), tokens: 2);
            var packed = Difference(whole, await RunAsync(engine, prompt, new KiviPolicy(4, windowRows: 32), tokens: 2));
            var without = Difference(whole, await RunAsync(engine, prompt, new RazorAlibiPolicy("near", [.. Enumerable.Repeat(Enumerable.Repeat(32, 6).ToArray(), 2)]), tokens: 2));
            Assert.InRange(packed, 1e-7, without / 3);
        }
    }

    /// <summary>Every policy that leaves rows at their positions, with chunks, neighbours, forks and preemption.</summary>
    [Theory]
    [InlineData("bloom", false)]
    [InlineData("bloom", true)]
    [InlineData("falcon-alibi", false)]
    public void RandomSchedules_GiveTheBitsOfColdRuns(string name, bool wide)
    {
        var report = Fuzzer.Run(new FuzzOptions { Seed = 11, Duration = TimeSpan.FromMinutes(4), MaxSchedules = 120, Combines = true, Models = [.. Enumerable.Repeat(Write(name, wide), 60)] }); // behind one of each family
        Assert.True(report.Mismatches == 0, report.FirstMismatch);
        Assert.True(report.CompressedRows > 500, $"only {report.CompressedRows} rows were compared");
    }

    private string Write(string name, bool wide = false)
    {
        var config = TinyFamilies.All.Single(family => family.Name == name).Config;
        return RandomFamilies.Write(Path.Combine(_folder, name), wide ? config.Replace("\"hidden_size\": 96", "\"hidden_size\": 192", StringComparison.Ordinal) : config, seed: 3, attention: wide ? 1 : 0.2);
    }

    private static IEnumerable<int[]> Prompts()
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(DemoSet.ReadDocument(RepositoryFile.Find("demo", "document.txt")));
        return Enumerable.Range(0, Texts).Select(i => (int[])[.. bytes.AsSpan(i * 997, Length).ToArray()]);
    }

    private static async Task<Answer> RunAsync(KvasirEngine engine, int[] prompt, ICompressionPolicy policy, int tokens = Tokens)
    {
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = tokens, IgnoreStopTokens = true, TopLogprobs = 20, Compression = new KvCompression { Policy = policy, Rows = 2 * Length } };
        using var generation = engine.Submit(request);
        return (await generation.CompleteAsync())[0];
    }

    /// <summary>Largest relative difference of the log-probabilities of a token's best; infinite when others are chosen.</summary>
    private static double Difference(Answer whole, Answer other) => !whole.Tokens.SequenceEqual(other.Tokens) ? double.PositiveInfinity : whole.TopLogprobs!.Zip(other.TopLogprobs!, (one, two) =>
    {
        var found = two.ToDictionary(token => token.Token, token => (double)token.Logprob);
        var pairs = one.Where(token => found.ContainsKey(token.Token)).Select(token => ((double)token.Logprob, found[token.Token])).ToArray();
        return pairs.Length < 18 ? double.PositiveInfinity : Math.Sqrt(pairs.Sum(pair => Math.Pow(pair.Item1 - pair.Item2, 2)) / pairs.Sum(pair => pair.Item1 * pair.Item1));
    }).Max();

    /// <summary>‖Aᵀ B‖, by iteration of the vectors themselves.</summary>
    private static double Norm(double[][] a, double[][] b)
    {
        var random = new Random(1);
        double[] vector = [.. a[0].Select(_ => random.NextDouble() - 0.5)];
        var norm = 0.0;
        for (var i = 0; i < 2000; i++)
        {
            vector = Back(a, Through(b, Back(b, Through(a, vector))));
            norm = Math.Sqrt(vector.Sum(x => x * x));
            vector = [.. vector.Select(x => x / norm)];
        }

        return Math.Sqrt(norm);

        static double[] Through(double[][] rows, double[] x) => [.. rows.Select(row => row.Zip(x, (p, q) => p * q).Sum())];

        static double[] Back(double[][] rows, double[] y) => [.. Enumerable.Range(0, rows[0].Length).Select(d => rows.Zip(y, (row, weight) => row[d] * weight).Sum())];
    }

    /// <summary>Keeps everything, and sees how much weight of the last rows lies behind the windows.</summary>
    private sealed class MassBeyond(int[][] windows) : ICompressionPolicy
    {
        private readonly int[][] _windows = windows;

        public double Largest { get; private set; }

        public string Name => "mass-beyond";

        public bool PerHead => true;

        public Compressor Start(CompressionShape shape) => new State(this, shape);

        private sealed class State(MassBeyond owner, CompressionShape shape) : Compressor
        {
            public override int WindowRows => 64;

            public override void Observe(in LayerSignals signals)
            {
                for (var row = 0; row < signals.WindowRows; row++)
                {
                    for (var head = 0; head < shape.QueryHeads; head++)
                    {
                        var end = signals.Length - signals.WindowRows + row + 1 - owner._windows[signals.Layer][head / shape.Group];
                        double mass = 0;
                        foreach (var weight in signals.WindowOf(row, head, shape.QueryHeads)[..Math.Max(0, end)])
                            mass += weight;
                        owner.Largest = Math.Max(owner.Largest, mass);
                    }
                }
            }
        }
    }
}

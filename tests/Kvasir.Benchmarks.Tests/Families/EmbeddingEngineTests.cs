using Kvasir.Benchmarks.Families;
using Kvasir.Engine;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>Vectors of encoders: the same bits whatever is computed beside them, pooled, cut and scaled as it was asked for.</summary>
public sealed class EmbeddingEngineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-embed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("distilbert")]
    [InlineData("modernbert")]
    public async Task Vectors_HaveTheSameBits_WhateverIsBesideThem(string name)
    {
        var path = RandomFamilies.Write(_folder, TinyEncoders.Config(name), seed: 8);
        var random = new Random(4);
        var texts = Enumerable.Range(0, 60).Select(_ => Tokens(random, random.Next(1, 120))).ToArray();
        EmbeddingPooling[] poolings = [.. texts.Select(_ => (EmbeddingPooling)random.Next(3))];
        float[][] alone;
        using (var engine = EmbeddingEngine.Load(path, new EngineOptions { MaxSequences = 1, Threads = 1, InstructionSet = InstructionSet.Portable }))
            alone = await Vectors(engine, texts, poolings, together: false);

        foreach (var options in new[]
        {
            new EngineOptions { MaxBatchTokens = 40, MaxSequences = 7, Threads = 2, BlockRows = 16 },
            new EngineOptions { MaxBatchTokens = 600, MaxSequences = 64 },
        })
        {
            using var engine = EmbeddingEngine.Load(path, options);
            var together = await Vectors(engine, texts, poolings, together: true);
            for (var i = 0; i < texts.Length; i++)
                Assert.True(alone[i].AsSpan().SequenceEqual(together[i]), $"{name}: text {i} of {texts[i].Length} tokens, {poolings[i]}");
            var status = engine.Status;
            Assert.Equal((60, (long)texts.Sum(text => text.Length), 0), (status.Texts, status.Tokens, status.Waiting));
            Assert.True(status.Steps < 60, $"{status.Steps} steps: no two texts shared one");
        }
    }

    [Fact]
    public async Task Vectors_DependOnWhatComesBehind()
    {
        using var engine = EmbeddingEngine.Load(RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 8));
        int[] text = [.. Enumerable.Range(3, 20)];
        int[] other = [.. text[..^1], 200];
        var (first, second) = (await Ask(engine, text, EmbeddingPooling.FirstToken), await Ask(engine, other, EmbeddingPooling.FirstToken));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task Pooling_IsWhatItsNameSays_AndTheMeanIsOfAllRows()
    {
        using var engine = EmbeddingEngine.Load(RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 8));
        var one = await Ask(engine, [9], EmbeddingPooling.FirstToken);
        Assert.Equal(one, await Ask(engine, [9], EmbeddingPooling.LastToken));
        Assert.Equal(one, await Ask(engine, [9], EmbeddingPooling.Mean));

        // Rows of two tokens: their mean is that of the first and of the last.
        var (first, last, mean) = (await Ask(engine, [9, 5], EmbeddingPooling.FirstToken), await Ask(engine, [9, 5], EmbeddingPooling.LastToken), await Ask(engine, [9, 5], EmbeddingPooling.Mean));
        Assert.NotEqual(first, last);
        for (var i = 0; i < mean.Length; i++)
            Assert.InRange((((double)first[i] + last[i]) / 2) - mean[i], -1e-6, 1e-6);
    }

    [Fact]
    public async Task ShortenedVectors_AreTheFirstValues_ScaledAnew()
    {
        using var engine = EmbeddingEngine.Load(RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 8));
        var raw = await Ask(engine, [4, 9, 12], EmbeddingPooling.Mean);
        var cut = (await engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 4, 9, 12 }, Dimensions = 10 })).Vector;
        var length = Math.Sqrt(raw.Take(10).Sum(value => (double)value * value));
        Assert.Equal(10, cut.Length);
        Assert.Equal(1, cut.Sum(value => (double)value * value), 5);
        for (var i = 0; i < 10; i++)
            Assert.Equal(raw[i] / length, cut[i], 5);
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 4 }, Dimensions = 65 }));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 4 }, Dimensions = 0 }));
    }

    [Fact]
    public async Task Limits_AreKept_AndNamed()
    {
        var path = RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 8);
        using var engine = EmbeddingEngine.Load(path, new EngineOptions { MaxContext = 100, MaxBatchTokens = 8 });
        Assert.Equal(64, (await Ask(engine, Tokens(new Random(1), 100), EmbeddingPooling.Mean)).Length); // longer than a step
        var error = await Assert.ThrowsAsync<ContextLengthException>(() => Ask(engine, Tokens(new Random(1), 101), EmbeddingPooling.Mean));
        Assert.Contains("101", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(engine, [], EmbeddingPooling.Mean));
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(engine, [320], EmbeddingPooling.Mean));
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(engine, [1], (EmbeddingPooling)9));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 1 }, Adapter = "raven" }));
        Assert.Throws<InvalidOperationException>(() => engine.EncodeText("no tokenizer"));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingEngine.Load(path, new EngineOptions { MaxContext = 129 }));
    }

    [Fact]
    public async Task CancelledAndEndedWork_IsSaid()
    {
        var engine = EmbeddingEngine.Load(RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 8));
        using (engine)
        {
            using var source = new CancellationTokenSource();
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 1 } }, source.Token));
            Assert.Equal(64, (await Ask(engine, [1, 2], EmbeddingPooling.Mean)).Length);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => Ask(engine, [1], EmbeddingPooling.Mean));
    }

    [Fact]
    public async Task FullQueue_RefusesFurtherTexts()
    {
        using var engine = EmbeddingEngine.Load(
            RandomFamilies.Write(_folder, TinyEncoders.Config("bert"), seed: 8), new EngineOptions { MaxQueued = 2, MaxSequences = 1, Threads = 1 });
        var random = new Random(2);
        var asked = Enumerable.Range(0, 40).Select(_ => Ask(engine, Tokens(random, 128), EmbeddingPooling.Mean)).ToArray();
        var refused = 0;
        foreach (var task in asked)
        {
            try
            {
                Assert.Equal(64, (await task).Length);
            }
            catch (EngineOverloadedException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 39);
    }

    [Fact]
    public void Decoders_AreRefused()
    {
        var path = RandomFamilies.Write(_folder, TinyFamilies.All.Single(family => family.Name == "qwen3").Config, seed: 1);
        Assert.Contains("decoder", Assert.Throws<UnsupportedModelException>(() => EmbeddingEngine.Load(path)).Message, StringComparison.Ordinal);
    }

    private static int[] Tokens(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(320))];

    private static async Task<float[]> Ask(EmbeddingEngine engine, int[] tokens, EmbeddingPooling pooling) =>
        (await engine.EmbedAsync(new EmbeddingRequest { Prompt = tokens, Pooling = pooling, Normalize = false })).Vector;

    private static async Task<float[][]> Vectors(EmbeddingEngine engine, int[][] texts, EmbeddingPooling[] poolings, bool together)
    {
        if (together)
            return await Task.WhenAll(texts.Select((text, i) => Ask(engine, text, poolings[i])));
        var vectors = new float[texts.Length][];
        for (var i = 0; i < texts.Length; i++)
            vectors[i] = await Ask(engine, texts[i], poolings[i]);
        return vectors;
    }
}

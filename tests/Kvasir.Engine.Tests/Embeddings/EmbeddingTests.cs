using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Embeddings;

public sealed class EmbeddingTests
{
    [Fact]
    public async Task LastToken_ThroughTheOutputMatrix_GivesTheBitsOfTheSamePromptsLogits()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(70, 1);
        using var generation = engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 1, WantReceipt = true, IgnoreStopTokens = true });
        var expected = (await generation.CompleteAsync())[0].Receipt!.LogitDigests[0];
        var vector = await Vector(engine, prompt, EmbeddingPooling.LastToken);

        using var model = LoadedModel.Open(TinyModel.Llama, new EngineOptions());
        var logits = Project(model, vector);
        Assert.Equal(expected, XxHash3.HashToUInt64(MemoryMarshal.AsBytes(logits.AsSpan())).ToString("x16", CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Mean_IsTheMeanOverTheLastTokensOfAllPrefixes()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(37, 2);
        var sum = new double[engine.Config.HiddenSize];
        for (var length = 1; length <= prompt.Length; length++)
        {
            var vector = await Vector(engine, prompt[..length], EmbeddingPooling.LastToken);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += vector[i];
        }

        Assert.Equal(sum.Select(value => (float)(value / prompt.Length)), await Vector(engine, prompt, EmbeddingPooling.Mean));
    }

    [Fact]
    public async Task Vectors_HaveLengthOne_AndTheDirectionOfTheRawOnes()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        foreach (var pooling in new[] { EmbeddingPooling.Mean, EmbeddingPooling.LastToken })
        {
            var prompt = TinyModel.Tokens(20, 3);
            var raw = await Vector(engine, prompt, pooling);
            var unit = (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt, Pooling = pooling })).Vector;
            Assert.Equal(1, unit.Sum(value => (double)value * value), 5);
            var length = Math.Sqrt(raw.Sum(value => (double)value * value));
            Assert.NotEqual(1, length, 2);
            for (var i = 0; i < raw.Length; i++)
                Assert.Equal(raw[i] / length, unit[i], 5);
        }
    }

    [Fact]
    public void Vectors_HaveTheSameBits_InAnyMixOfChunksPreemptionsAndReuse()
    {
        var preempted = 0;
        var reused = 0;
        for (var seed = 0; seed < 24; seed++)
        {
            var random = new Random(seed);
            using var run = new LoopRun(
                new EngineOptions { BlockRows = 16, Threads = 1 + (seed % 2), MaxBatchTokens = random.Next(3, 60), PoisonFreedRows = true }, random.Next(14, 40));
            var embeddings = new List<(int[] Prompt, EmbeddingPooling Pooling, Sequence Sequence)>();
            for (var i = 0; i < 6; i++)
            {
                // Few beginnings, so that prefixes are shared with each other and with the answers.
                int[] prompt = [.. TinyModel.Tokens(random.Next(1, 60), random.Next(2)), .. TinyModel.Tokens(random.Next(0, 30), random.Next())];
                var pooling = (EmbeddingPooling)random.Next(2);
                embeddings.Add((prompt, pooling, run.Submit(new EmbeddingRequest { Prompt = prompt, Pooling = pooling })));
                run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = random.Next(1, 20), Choices = random.Next(1, 3), IgnoreStopTokens = true });
                for (var step = random.Next(8); step > 0 && !run.Loop.IsIdle; step--)
                {
                    run.Loop.Step();
                    if (random.Next(3) == 0 && run.Loop.Running.Count > 0)
                        run.Loop.Preempt(run.Loop.Running[random.Next(run.Loop.Running.Count)]);
                    if (random.Next(6) == 0)
                        run.Loop.Index.Evict(random.Next(1, 6));
                }
            }

            run.Finish();
            foreach (var (prompt, pooling, sequence) in embeddings)
            {
                Assert.Equal(FinishReason.Stop, sequence.Output.Finish);
                Assert.True(Alone(prompt, pooling).AsSpan().SequenceEqual(sequence.Pool!.ToVector(normalize: false)), $"seed {seed}: {pooling} of {prompt.Length} tokens, {sequence.Preemptions} preemptions");
                preempted += sequence.Preemptions;
                reused += pooling == EmbeddingPooling.LastToken ? sequence.ReusedTokens : 0;
                Assert.True(pooling == EmbeddingPooling.LastToken || sequence.ReusedTokens == 0);
            }

            run.Loop.Index.Clear();
            Assert.Equal((0, 0), (run.Pool.UsedBlocks, run.Pool.ReservedBlocks));
        }

        Assert.True(preempted > 20 && reused > 100, $"{preempted} preemptions and {reused} reused tokens: the test shows little");
    }

    [Fact]
    public void PreemptedMean_ReusesTheRowsThatItHasSummed()
    {
        using var run = new LoopRun(new EngineOptions { BlockRows = 16, Threads = 1, MaxBatchTokens = 16 }, 12);
        var sequence = run.Submit(new EmbeddingRequest { Prompt = TinyModel.Tokens(100, 4) });
        for (var step = 0; step < 4; step++)
            run.Loop.Step();
        run.Loop.Preempt(sequence);
        run.Finish();
        Assert.Equal(100, sequence.ComputedRows);
    }

    [Fact]
    public async Task LastToken_ReusesWhatAnAnswerLeft_AndMeanLeavesItsRowsToAnswers()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(64, 5);
        var mean = await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt });
        Assert.Equal((64, 0), (mean.PromptTokens, mean.ReusedTokens));
        using var generation = engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 1, IgnoreStopTokens = true });
        Assert.Equal(63, (await generation.CompleteAsync())[0].Statistics.ReusedTokens);
        Assert.Equal(63, (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt, Pooling = EmbeddingPooling.LastToken })).ReusedTokens);
        Assert.Equal(0, (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt, Pooling = EmbeddingPooling.LastToken, CacheSalt = new byte[] { 1 } })).ReusedTokens);
        Assert.Equal(0, (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt })).ReusedTokens);
    }

    [Fact]
    public async Task Adapter_ChangesTheVector_AndIsLetGoOf()
    {
        using var folder = new TestModel();
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        engine.LoadAdapter("raven", new TestAdapter(engine.Config, 1).WritePeft(Path.Combine(folder.Folder, "raven")));
        var prompt = TinyModel.Tokens(30, 6);
        var bare = (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt })).Vector;
        var adapted = (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt, Adapter = "raven" })).Vector;
        Assert.NotEqual(bare, adapted);
        await engine.UnloadAdapterAsync("raven").WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task WholeContext_IsEmbedded_AndOneTokenMoreIsRefused()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        Assert.Equal(256, (await engine.EmbedAsync(new EmbeddingRequest { Prompt = TinyModel.Tokens(256, 7) })).PromptTokens);
        await Assert.ThrowsAsync<ContextLengthException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = TinyModel.Tokens(257, 7) }));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = Array.Empty<int>() }));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 1 }, Pooling = (EmbeddingPooling)7 }));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 1 }, Adapter = "nobody" }));
    }

    [Fact]
    public async Task CancelledOrDisposed_TheCallerLearnsWhich()
    {
        var engine = KvasirEngine.Load(TinyModel.Llama);
        using var blocked = new ManualResetEventSlim();
        var held = engine.QueryAsync(_ => blocked.Wait(TimeSpan.FromMinutes(1)));
        using var source = new CancellationTokenSource();
        var cancelled = engine.EmbedAsync(new EmbeddingRequest { Prompt = TinyModel.Tokens(200, 8) }, source.Token);
        await source.CancelAsync();
        blocked.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(TimeSpan.FromSeconds(30)));
        await held;
        engine.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = TinyModel.Tokens(20, 8) }));
    }

    private static float[] Alone(int[] prompt, EmbeddingPooling pooling)
    {
        using var run = new LoopRun(new EngineOptions { BlockRows = 16, Threads = 1 }, 12);
        var sequence = run.Submit(new EmbeddingRequest { Prompt = prompt, Pooling = pooling });
        run.Finish();
        return sequence.Pool!.ToVector(normalize: false);
    }

    private static async Task<float[]> Vector(KvasirEngine engine, int[] prompt, EmbeddingPooling pooling) =>
        (await engine.EmbedAsync(new EmbeddingRequest { Prompt = prompt, Pooling = pooling, Normalize = false })).Vector;

    private static unsafe float[] Project(LoadedModel model, float[] vector)
    {
        using var input = model.Backend.Allocate((nuint)(vector.Length * sizeof(float)));
        using var output = model.Backend.Allocate((nuint)(model.Config.VocabSize * sizeof(float)));
        vector.CopyTo(input.AsSpan<float>());
        model.Backend.MatMul((float*)input.Pointer, 1, model.Weights.Output!, (float*)output.Pointer);
        return output.AsSpan<float>()[..model.Config.VocabSize].ToArray();
    }
}

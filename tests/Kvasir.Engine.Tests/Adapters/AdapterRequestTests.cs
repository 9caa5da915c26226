using Kvasir.Engine.Receipts;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Adapters;

public sealed class AdapterRequestTests : IDisposable
{
    // An adapter that is never let go of fails the test instead of stopping the run.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-adapters-").FullName;

    [Fact]
    public async Task KvIsSharedOnlyBetweenRequestsThatComputeTheSame()
    {
        using var engine = Load();
        engine.LoadAdapter("raven", Write(1));
        engine.LoadAdapter("wolf", Write(2));
        engine.LoadAdapter("raven-too", Write(1));
        engine.LoadAdapter("half-raven", Write(1), scale: 0.5f);
        var prompt = TinyModel.Tokens(64, 5);
        Assert.Equal(0, (await Answer(engine, prompt, null)).Statistics.ReusedTokens);
        Assert.Equal(0, (await Answer(engine, prompt, "raven")).Statistics.ReusedTokens);
        Assert.Equal(0, (await Answer(engine, prompt, "wolf")).Statistics.ReusedTokens);
        Assert.Equal(0, (await Answer(engine, prompt, "half-raven")).Statistics.ReusedTokens);
        Assert.Equal(63, (await Answer(engine, prompt, null)).Statistics.ReusedTokens);
        Assert.Equal(63, (await Answer(engine, prompt, "wolf")).Statistics.ReusedTokens);
        Assert.Equal(63, (await Answer(engine, prompt, "raven")).Statistics.ReusedTokens);

        // Another name for the same values and scale: nothing differs, so rows are shared.
        Assert.Equal(63, (await Answer(engine, prompt, "raven-too")).Statistics.ReusedTokens);
    }

    [Fact]
    public async Task NameThatIsLoadedAnewWithOtherValues_FindsNothingOfTheOldOnes()
    {
        using var engine = Load();
        var prompt = TinyModel.Tokens(64, 6);
        engine.LoadAdapter("raven", Write(1));
        await Answer(engine, prompt, "raven");
        await engine.UnloadAdapterAsync("raven").WaitAsync(Limit);
        engine.LoadAdapter("raven", Write(2));
        Assert.Equal(0, (await Answer(engine, prompt, "raven")).Statistics.ReusedTokens);
        await engine.UnloadAdapterAsync("raven").WaitAsync(Limit);
        engine.LoadAdapter("raven", Write(1));
        Assert.Equal(63, (await Answer(engine, prompt, "raven")).Statistics.ReusedTokens);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(11)]
    public async Task MixOfAdaptersAndTheBareModel_GivesTheBitsOfLoneRuns(int maxBatchTokens)
    {
        string?[] names = [null, "raven", "wolf", "raven", null, "wolf", "fox", "raven"];
        using var alone = Load(new EngineOptions { PrefixCache = false, Threads = 1 });
        using var engine = Load(new EngineOptions { MaxBatchTokens = maxBatchTokens, Threads = 2 });
        LoadAll(alone);
        LoadAll(engine);
        var expected = new List<Answer>();
        for (var i = 0; i < names.Length; i++)
            expected.Add(await Complete(alone.Submit(Request(TinyModel.Tokens(20 + (9 * i), i % 3), names[i], choices: 1 + (i % 2)))));

        // Twice, so that the second round finds the rows of the first.
        for (var round = 0; round < 2; round++)
        {
            var crowd = names.Select((name, i) => engine.Submit(Request(TinyModel.Tokens(20 + (9 * i), i % 3), name, choices: 1 + (i % 2)))).ToArray();
            for (var i = 0; i < names.Length; i++)
            {
                var answer = await Complete(crowd[i]);
                Assert.Equal(expected[i].Tokens, answer.Tokens);
                Assert.Equal(expected[i].Receipt!.LogitDigests, answer.Receipt!.LogitDigests);
            }
        }

        // The names give different answers to the same prompt, so the comparison can fail.
        var prompt = TinyModel.Tokens(30, 77);
        var digests = new HashSet<string>();
        foreach (var name in names.Distinct())
            digests.Add((await Answer(engine, prompt, name)).Receipt!.LogitDigests[0]);
        Assert.Equal(4, digests.Count);
    }

    [Fact]
    public void UnknownAdapter_IsRefusedWithTheKnownNames()
    {
        using var engine = Load();
        var none = Assert.Throws<ArgumentException>(() => engine.Submit(Request([1, 2], "raven", 1)));
        Assert.Contains("none is loaded", none.Message, StringComparison.Ordinal);
        engine.LoadAdapter("fox", Write(1));
        engine.LoadAdapter("wolf", Write(2));
        var unknown = Assert.Throws<ArgumentException>(() => engine.Submit(Request([1, 2], "raven", 1)));
        Assert.Contains("raven; loaded: fox, wolf", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NameThatIsTaken_IsRefused_AndTheFirstStays()
    {
        using var engine = Load();
        var first = engine.LoadAdapter("raven", Write(1));
        Assert.Contains("loaded already", Assert.Throws<ArgumentException>(() => engine.LoadAdapter("raven", Write(2))).Message, StringComparison.Ordinal);
        Assert.Equal(first, Assert.Single(engine.Adapters));
        Assert.Throws<ArgumentException>(() => engine.LoadAdapter(" ", Write(2)));
        Assert.Throws<ArgumentException>(() => engine.LoadAdapter("wolf", Write(2), float.NaN));
        Assert.Throws<ArgumentException>(() => engine.LoadAdapter("wolf", Write(2), float.MaxValue));
        Assert.Throws<ArgumentException>(() => { _ = engine.UnloadAdapterAsync("wolf"); });
        Assert.Equal(first.Bytes, engine.AdapterBytes);
    }

    [Fact]
    public async Task UnloadedAdapter_StaysUntilItsLastAnswerHasEnded()
    {
        using var engine = Load();
        var info = engine.LoadAdapter("raven", Write(1));
        Assert.True(info.Bytes > 0);
        Assert.Equal(info.Bytes, engine.AdapterBytes);
        using var alone = Load();
        alone.LoadAdapter("raven", Write(1));
        var expected = await Complete(alone.Submit(Request(TinyModel.Tokens(30, 1), "raven", 2, maxTokens: 100)));

        using var generation = engine.Submit(Request(TinyModel.Tokens(30, 1), "raven", 2, maxTokens: 100));
        var unloading = engine.UnloadAdapterAsync("raven");
        Assert.Empty(engine.Adapters);
        Assert.Throws<ArgumentException>(() => engine.Submit(Request([1, 2], "raven", 1)));
        var answers = await generation.CompleteAsync();
        Assert.Equal(expected.Receipt!.LogitDigests, answers[0].Receipt!.LogitDigests);
        await unloading.WaitAsync(Limit);
        Assert.Equal(0, engine.AdapterBytes);
    }

    [Fact]
    public async Task EveryEndOfAnAnswer_LetsGoOfItsAdapter()
    {
        using var engine = Load(new EngineOptions { MaxQueued = 4 });
        engine.LoadAdapter("raven", Write(1));
        await Answer(engine, TinyModel.Tokens(10, 1), "raven");
        using (var cancelled = engine.Submit(Request(TinyModel.Tokens(20, 2), "raven", 3, maxTokens: 200)))
            cancelled.Cancel();
        Assert.Throws<EngineOverloadedException>(() => engine.Submit(Request(TinyModel.Tokens(20, 2), "raven", 6)));
        Assert.Throws<ContextLengthException>(() => engine.Submit(Request(TinyModel.Tokens(2000, 2), "raven", 1)));
        await engine.GetStatusAsync();
        Assert.Equal(0, Assert.Single(engine.Adapters).Sequences);
        await engine.UnloadAdapterAsync("raven").WaitAsync(Limit);
        Assert.Equal(0, engine.AdapterBytes);
    }

    [Fact]
    public async Task Receipt_NamesTheAdapter_AndReplayNeedsIt()
    {
        using var engine = Load();
        engine.LoadAdapter("raven", Write(1), scale: 0.5f);
        var receipt = Receipt.Parse((await Answer(engine, TinyModel.Tokens(30, 3), "raven")).Receipt!.ToJson());
        Assert.Equal(new ReceiptAdapter("raven", engine.Adapters[0].Fingerprint, 0.5f), receipt.Adapter);
        Assert.True((await engine.ReplayAsync(receipt)).BitsEqual);
        Assert.False((await engine.ReplayAsync(receipt with { Adapter = null })).BitsEqual);

        using var other = Load();
        other.LoadAdapter("raven", Write(1)); // another scale
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => other.ReplayAsync(receipt));
        Assert.Contains("adapter raven", error.Message, StringComparison.Ordinal);
        other.LoadAdapter("under another name", Write(1), scale: 0.5f);
        Assert.True((await other.ReplayAsync(receipt)).BitsEqual);
        Assert.Null((await Answer(other, TinyModel.Tokens(30, 3), null)).Receipt!.Adapter);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static KvasirEngine Load(EngineOptions? options = null) => KvasirEngine.Load(TinyModel.Llama, options ?? new EngineOptions { Threads = 2 });

    private void LoadAll(KvasirEngine engine)
    {
        engine.LoadAdapter("raven", Write(1));
        engine.LoadAdapter("wolf", Write(2, rank: 17));
        engine.LoadAdapter("fox", Write(3, rank: 1, roles: [WeightRole.Value, WeightRole.Down]));
    }

    private string Write(int seed, int rank = 4, WeightRole[]? roles = null)
    {
        var path = Path.Combine(_folder, $"{seed}-{rank}");
        if (Directory.Exists(path))
            return path;
        using var model = ModelFile.Open(TinyModel.Llama);
        return new TestAdapter(model.Config, seed, rank, 8, roles ?? []).WritePeft(path);
    }

    private static GenerationRequest Request(int[] prompt, string? adapter, int choices, int maxTokens = 12) => new()
    {
        Prompt = prompt,
        MaxTokens = maxTokens,
        Adapter = adapter,
        Choices = choices,
        IgnoreStopTokens = true,
        Sampling = new SamplingOptions { Temperature = 1.1f, Seed = 4 },
        WantReceipt = true,
    };

    private static Task<Answer> Answer(KvasirEngine engine, int[] prompt, string? adapter) => Complete(engine.Submit(Request(prompt, adapter, 1)));

    /// <summary>The first answer of a request, after all of them have ended.</summary>
    private static async Task<Answer> Complete(Generation generation)
    {
        using (generation)
            return (await generation.CompleteAsync())[0];
    }
}

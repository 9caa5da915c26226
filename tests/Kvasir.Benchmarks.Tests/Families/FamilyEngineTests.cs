using Kvasir.Benchmarks.Families;
using Kvasir.Engine;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Blending;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>What an engine does with families whose rows depend on more than keys and values, and what it refuses.</summary>
public sealed class FamilyEngineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-families-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void RowsThatCannotMove_AreNotReadAtTheirPlacesInTheCache()
    {
        using var engine = KvasirEngine.Load(Write("gpt2"));
        var request = new GenerationRequest { Prompt = Enumerable.Range(0, 40).ToArray(), MaxTokens = 1, Compression = KvCompression.Parse("streamingllm:0.5") };
        Assert.Contains("streamingllm-true", Assert.Throws<ArgumentException>(() => engine.Submit(request)).Message, StringComparison.Ordinal);
        using var generation = engine.Submit(request with { Compression = KvCompression.Parse("streamingllm-true:0.5") });
    }

    [Theory]
    [InlineData("mamba2")]
    [InlineData("bamba")]
    [InlineData("mamba")]
    [InlineData("jamba")]
    public async Task RecurrentPrefix_IsReusedUpToASnapshot_AndGoesOnWithTheSameTokens(string name)
    {
        using var engine = KvasirEngine.Load(Write(name), new EngineOptions { BlockRows = 16, MaxBatchTokens = 40 });
        int[] prompt = [.. Enumerable.Range(0, 100).Select(i => (i * 37) % 320)];
        var cold = await Ask(engine, prompt, 12);
        var warm = await Ask(engine, prompt, 12);
        Assert.Equal(0, cold.Statistics.ReusedTokens);
        Assert.Equal(96, warm.Statistics.ReusedTokens); // the last border of blocks before the last token
        Assert.Equal(cold.Tokens, warm.Tokens);

        // A prompt that parts earlier goes on from the last snapshot before: the steps ended at 40, 80 and 100 tokens.
        int[] parting = [.. prompt[..70], 1, 2, 3];
        var parted = await Ask(engine, parting, 4);
        Assert.Equal(32, parted.Statistics.ReusedTokens);
        using var fresh = KvasirEngine.Load(Path.Combine(_folder, name), new EngineOptions { PrefixCache = false });
        Assert.Equal((await Ask(fresh, parting, 4)).Tokens, parted.Tokens);
    }

    [Theory]
    [InlineData("mamba2", "recurrent")]
    [InlineData("bloom", "ALiBi")]
    [InlineData("gpt2", "learned")]
    [InlineData("deepseek-v3", "latent")]
    [InlineData("smollm3", "rotate")]
    public async Task ChunkReuse_IsRefused_WhereRowsCannotMove(string name, string why)
    {
        using var engine = KvasirEngine.Load(Write(name));
        var generation = engine.Submit(new GenerationRequest
        {
            Prompt = Enumerable.Range(0, 40).ToArray(),
            MaxTokens = 2,
            Blending = new BlendRequest { Policy = new NaivePolicy(), Parts = [new ChunkPart(4, 20)], MinTokens = 1 },
        });
        var error = await Assert.ThrowsAnyAsync<Exception>(() => generation.CompleteAsync());
        Assert.Contains(why, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tiers_AreRefused_ForRecurrentModels()
    {
        var path = Write("mamba2");
        var error = Assert.Throws<UnsupportedModelException>(() => KvasirEngine.Load(path, new EngineOptions { Tiers = new TierOptions { HostBytes = 1 << 20 } }));
        Assert.Contains("tiers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Adapters_AreRefused_WhereProjectionsAreFused()
    {
        using var engine = KvasirEngine.Load(Write("falcon"));
        var error = Assert.Throws<UnsupportedModelException>(() => engine.LoadAdapter("a", _folder));
        Assert.Contains("falcon", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(int[] Tokens, GenerationStatistics Statistics)> Ask(KvasirEngine engine, int[] prompt, int tokens)
    {
        var generation = engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = tokens, IgnoreStopTokens = true });
        var answer = (await generation.CompleteAsync())[0];
        return ([.. answer.Tokens], answer.Statistics);
    }

    private string Write(string name) =>
        RandomFamilies.Write(Path.Combine(_folder, name), TinyFamilies.All.Single(family => family.Name == name).Config, seed: 3);
}

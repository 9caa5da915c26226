using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Tiers;

namespace Kvasir.Engine.Tests.Blending;

public sealed class LoadedChunkTests
{
    private static readonly TierOptions Host = new() { HostBytes = 64 << 20, Moves = new KvTierOptions { ChunkTokens = 16, MinLoadTokens = 1, BusyShare = 1 } };

    [Theory]
    [InlineData(0, BlendSignals.None)]
    [InlineData(2, BlendSignals.Deviation)]
    [InlineData(1, BlendSignals.Deviation)]
    public void AChunkThatThePoolHasNoMore_IsLoaded_AndBlendsAlike(int stride, BlendSignals signals)
    {
        using var run = new BlendRun(tiers: Host);
        run.Warm(1, 2, 3);
        var request = BlendRun.Request(BlendRun.Prompt(5, [2, 3, 1]), new FixedPolicy(stride, signals), store: false);
        var here = run.Run(request)[0];
        Assert.Equal(0, here.Sequence.BlendReport!.LoadedTokens);
        Assert.True(run.Loop.Loop.Tiers!.Tiers.WaitForStores(TimeSpan.FromMinutes(1)));
        run.Loop.Loop.Chunks.Clear();
        run.Loop.Loop.Tiers.ComputeRate.Add(1, 1e6); // so slow that loading pays
        var loaded = run.Run(request)[0];
        Assert.Equal(3 * BlendRun.ChunkLength, loaded.Sequence.BlendReport!.LoadedTokens);
        Assert.Equal(here.Logits, loaded.Logits);
        Assert.Equal(3, run.Loop.Loop.Chunks.Runs);
        var again = run.Run(request)[0];
        Assert.Equal(0, again.Sequence.BlendReport!.LoadedTokens);
        Assert.Equal(here.Logits, again.Logits);
        run.Loop.Loop.Chunks.Clear();
        while (run.Loop.Loop.Tiers.OpenMoves > 0)
            run.Loop.Loop.Scrub(); // lets go of the blocks of moves that have ended
        Assert.Equal(0, run.Loop.Pool.UsedBlocks);
    }

    [Fact]
    public void ChunksOfOneTenantAreNotLoadedForAnother()
    {
        using var run = new BlendRun(tiers: Host);
        run.Warm(1);
        Assert.True(run.Loop.Loop.Tiers!.Tiers.WaitForStores(TimeSpan.FromMinutes(1)));
        run.Loop.Loop.Chunks.Clear();
        run.Loop.Loop.Tiers.ComputeRate.Add(1, 1e6);
        var request = BlendRun.Request(BlendRun.Prompt(5, [1]), new FixedPolicy(0), store: false);
        Assert.Equal(0, run.Run(request with { CacheSalt = new byte[] { 1 } })[0].Sequence.BlendReport!.BlendedTokens);
        Assert.Equal(BlendRun.ChunkLength, run.Run(request)[0].Sequence.BlendReport!.LoadedTokens);
    }

    [Fact]
    public void WhileChunksComeSlowly_MoreRowsAreRepaired()
    {
        // Loading takes half as long as computing all rows would: half of them can be computed meanwhile.
        var policy = new CacheBlendPolicy(0.1).AtLeast(0.5);
        Assert.Equal(50, policy.MostRepairs(100));
        Assert.Same(policy, policy.AtLeast(0.2));
    }
}

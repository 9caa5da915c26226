using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Tests.Retention;

/// <summary>What each policy is for.</summary>
public class CachePolicyTests
{
    private static readonly int[] Hot = [.. Enumerable.Range(0, 50)];

    public static TheoryData<string> Names => [.. CachePolicies.Names];

    [Theory]
    [InlineData("s3-fifo", 0.9, 1)]
    [InlineData("tinylfu", 0.75, 1)] // its window had just grown by a step
    [InlineData("lfu", 0.9, 1)]
    [InlineData("lru", 0, 0)]
    public void Scan_DrivesOutOnlyWhatLruKeeps(string name, double least, double most)
    {
        var tier = new SmallTier(CachePolicies.Create(name), 100);
        AskRounds(tier, 20);
        for (var i = 0; i < 500; i++)
            tier.Ask(1_000 + i);
        Assert.InRange((double)tier.Count(Hot) / Hot.Length, least, most);
    }

    [Theory]
    [InlineData("lfu")]
    [InlineData("tinylfu")]
    [InlineData("s3-fifo")]
    public void WhatWasOnceHot_LeavesInTime(string name)
    {
        var tier = new SmallTier(CachePolicies.Create(name), 100);
        AskRounds(tier, 200);
        var random = new Random(5);
        for (var i = 0; i < 100_000; i++)
            tier.Ask(1_000 + random.Next(150));
        Assert.True(tier.Count(Hot) <= 5, $"{tier.Count(Hot)} of {Hot.Length} are still there");
    }

    [Fact]
    public void ChunksToldFromTheEndOfAPrompt_LeaveFromItsEnd()
    {
        var tier = new SmallTier(CachePolicies.Create("lru"), 7);
        for (var chunk = 4; chunk >= 0; chunk--)
            tier.Ask(chunk);
        for (var chunk = 14; chunk >= 10; chunk--)
            tier.Ask(chunk);
        Assert.Equal([0, 1], Enumerable.Range(0, 5).Where(tier.Has));
    }

    [Fact]
    public void S3Fifo_KnowsWhatItEvicted_AndRemembersNoMoreThanItHolds()
    {
        var policy = new S3FifoPolicy();
        var tier = new SmallTier(policy, 100);
        for (var i = 0; i < 100; i++)
            tier.Ask(i);
        tier.Ask(100);
        Assert.False(tier.Has(0));
        tier.Ask(0);
        for (var i = 0; i < 90; i++)
        {
            tier.Ask(1_000 + i);
            Assert.InRange(policy.Ghosts, 1, 100);
        }

        Assert.True(tier.Has(0), "it came back into the main queue, which a scan does not touch");
        Assert.False(tier.Has(50));
    }

    [Fact]
    public void S3Fifo_DoesNotRememberWhatWasWithdrawn()
    {
        var policy = new S3FifoPolicy();
        policy.Add(Keys.Of(1), new CacheObject(1, 0, 0, 0));
        policy.Add(Keys.Of(2), new CacheObject(1, 0, 0, 0));
        policy.Remove(Keys.Of(2));
        Assert.Equal(0, policy.Ghosts);
    }

    [Fact]
    public void TinyLfu_CountsInBoundedMemory()
    {
        var policy = new TinyLfuPolicy();
        var tier = new SmallTier(policy, 1_000);
        for (var i = 0; i < 50_000; i++)
            tier.Ask(i);
        Assert.InRange(policy.SketchBytes, 1, 16 * 1_000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void LargeObject_TakesTheRoomOfManySmallOnes(string name)
    {
        if (name == "pinned")
            return;
        var tier = new SmallTier(CachePolicies.Create(name, TimeSpan.FromSeconds(10)), 100);
        for (var i = 0; i < 400; i++)
        {
            tier.Ask(i % 130, bytes: 1 + (i % 130 * 7 % 50), promptTokens: 100);
            Assert.InRange(tier.Bytes, 1, 100);
            Assert.True(tier.Has(i % 130), $"object {i} did not come in");
        }
    }

    [Fact]
    public void CostAware_KeepsWhatIsDearToComputeAgain_UntilItIsOld()
    {
        var policy = new CostAwarePolicy();
        policy.Add(Keys.Of(1), new CacheObject(1, 0, 8_000, Seconds: 0));
        policy.Add(Keys.Of(2), new CacheObject(1, 0, 1_000, Seconds: 10));
        Assert.Equal(2, Victim(policy, 10));

        // 8000 / (1 + t / 60) falls below 1000 / (1 + (t − u) / 60) when the cheap one is used again and again.
        policy.Use(Keys.Of(2), 500);
        Assert.Equal(1, Victim(policy, 500));
    }

    [Fact]
    public void CostAware_CountsBytes_AndThePromptsThatAsk()
    {
        var policy = new CostAwarePolicy();
        policy.Add(Keys.Of(1), new CacheObject(10, 0, 1_000, Seconds: 0));
        policy.Add(Keys.Of(2), new CacheObject(1, 900, 1_000, Seconds: 0));
        policy.Add(Keys.Of(3), new CacheObject(1, 950, 1_000, Seconds: 0));
        Assert.Equal(3, Victim(policy, 0));

        // EWMA: 0.8 · 50 + 0.2 · (2,000 − 950) = 250, above the 100 a byte of the others.
        policy.Use(Keys.Of(3), 0, promptTokens: 2_000);
        policy.Use(Keys.Of(2), 0, promptTokens: 950);
        Assert.Equal(2, Victim(policy, 0));
    }

    [Fact]
    public void Ttl_EvictsTheExpiredFirst_ThenTheLeastRecentlyUsed()
    {
        var policy = new TtlPolicy(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 3; i++)
            policy.Add(Keys.Of(i), new CacheObject(1, 0, 0, Seconds: i));
        policy.Use(Keys.Of(0), 9);
        Assert.Equal(1, Victim(policy, 9.5));
        Assert.Equal(0, Victim(policy, 10));
        policy.Remove(Keys.Of(0));
        Assert.Equal(1, Victim(policy, 12));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryName_MakesAPolicyOfThatName(string name)
    {
        var policy = CachePolicies.Create(name, TimeSpan.FromSeconds(1));
        Assert.Equal(name, policy.Name);
        Assert.False(policy.TryChooseVictim(0, Keys.Any, out _));
        Assert.Throws<ArgumentException>(() => policy.Add(Keys.Of(1), new CacheObject(0, 0, 0, 0)));
        policy.Add(Keys.Of(1), new CacheObject(1, 0, 0, 0));
        Assert.Throws<ArgumentException>(() => policy.Add(Keys.Of(1), new CacheObject(1, 0, 0, 0)));
        policy.Use(Keys.Of(2), 0);
        policy.Remove(Keys.Of(2));
        policy.Remove(Keys.Of(1));
        Assert.False(policy.TryChooseVictim(0, Keys.Any, out _));
    }

    [Fact]
    public void UnknownName_IsAnsweredWithAllNames()
    {
        var error = Assert.Throws<ArgumentException>(() => CachePolicies.Create("best"));
        Assert.All(CachePolicies.Names, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
        Assert.Contains("time to live", Assert.Throws<ArgumentException>(() => CachePolicies.Create("ttl")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => CachePolicies.Create("ttl", TimeSpan.Zero));
    }

    private static int? Victim(ICachePolicy policy, double seconds) => policy.TryChooseVictim(seconds, Keys.Any, out var victim) ? Keys.Number(victim) : null;

    private static void AskRounds(SmallTier tier, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var key in Hot)
                tier.Ask(key);
        }
    }
}

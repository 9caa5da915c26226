using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Retention;

public sealed class PoolRetentionTests : IDisposable
{
    private readonly BlockPool _pool = new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 64 });
    private readonly CacheScope _scope = TestScopes.Create();

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void EveryName_MakesAPolicyOfThatName_AndAnUnknownOneIsAnsweredWithThem()
    {
        Assert.All(RetentionPolicies.Names, name => Assert.Equal(name, RetentionPolicies.Create(name).Name));
        var error = Assert.Throws<ArgumentException>(() => RetentionPolicies.Create("best"));
        Assert.All(RetentionPolicies.Names, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void CostAware_KeepsTheBlockWhoseLossCostsMore_UntilItIsOld()
    {
        var policy = new CostAwareRetention();
        RetentionCandidate[] alike = [new(10, 0, 16, 1, Cost: 400), new(10, 0, 16, 1, Cost: 40), new(10, 0, 16, 1, Cost: 4_000)];
        Assert.Equal(1, policy.ChooseVictim(alike));
        RetentionCandidate[] old = [new(10, 0, 16, 1, Cost: 400), new(1_000_000, 0, 16, 1, Cost: 4_000)];
        Assert.Equal(1, policy.ChooseVictim(old));
        RetentionCandidate[] equal = [new(3, 0, 16, 1), new(5, 0, 16, 1), new(4, 0, 16, 1)];
        Assert.Equal(1, policy.ChooseVictim(equal));
    }

    [Fact]
    public void TinyLfu_KnowsAPrefixThatWasEvictedAndCameBack()
    {
        var index = new PrefixIndex(_pool, new TinyLfuRetention());
        for (var i = 0; i < 4; i++)
        {
            Insert(index, 0);
            Assert.Equal(1, index.Evict(1));
        }

        Insert(index, 0);
        Insert(index, 500);
        Insert(index, 900);
        Assert.Equal(1, index.Evict(1));
        Assert.Equal((true, false, true), (Has(index, 0), Has(index, 500), Has(index, 900)));
        Assert.Equal(1, index.Evict(1));
        Assert.True(Has(index, 0), "it has never been found, but it has been wanted five times");
        index.CheckIntegrity();
    }

    [Fact]
    public void Index_TellsPoliciesWhatAPromptWouldComputeAgain_AndWhichPrefixABlockEnds()
    {
        var seen = new List<ulong>();
        var policy = new Recorder(seen);
        var index = new PrefixIndex(_pool, policy);
        Insert(index, 0, length: 64);
        Insert(index, 5_000);
        index.Match(_scope, Tokens(0, 64), 64).Dispose();
        Assert.Equal(5 + 4, seen.Count);
        Assert.Equal(seen[..4], seen[5..]);
        Assert.Equal(5, seen.Distinct().Count());
        index.Evict(1);

        // The leaf of four blocks holds the last 16 of 64 tokens.
        var leaf = Assert.Single(policy.Candidates, candidate => candidate.Depth == 4);
        Assert.Equal((16, seen[3]), (leaf.Cost, leaf.Prefix));
    }

    private void Insert(PrefixIndex index, int first, int length = 16)
    {
        Assert.True(_pool.TryReserve(length / 16, out var reservation));
        var blocks = new BlockId[length / 16];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = _pool.Allocate(reservation!, this);
            _pool.SetFilled(blocks[i], 16);
        }

        index.Insert(_scope, Tokens(first, length), blocks);
        foreach (var block in blocks)
            _pool.Release(block);
        reservation!.Dispose();
    }

    private bool Has(PrefixIndex index, int first)
    {
        using var match = index.Match(_scope, Tokens(first, 16), 16);
        return match.TokenCount == 16;
    }

    private static int[] Tokens(int first, int count) => [.. Enumerable.Range(first, count)];

    private sealed class Recorder(List<ulong> seen) : IRetentionPolicy
    {
        public string Name => "recorder";

        public RetentionCandidate[] Candidates { get; private set; } = [];

        public void Seen(ulong prefix) => seen.Add(prefix);

        public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates)
        {
            Candidates = candidates.ToArray();
            return 0;
        }
    }
}

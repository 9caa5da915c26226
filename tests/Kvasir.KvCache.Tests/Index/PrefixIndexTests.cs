using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Index;

public sealed class PrefixIndexTests : IDisposable
{
    private const int Rows = 16;
    private readonly CacheScope _scope = TestScopes.Create();
    private readonly BlockPool _pool = new(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 64 });
    private readonly PrefixIndex _index;

    public PrefixIndexTests() => _index = new PrefixIndex(_pool, new LruRetention());

    [Fact]
    public void Match_IsTheLongestPrefixPerToken()
    {
        Add(_scope, Tokens(0, 40));
        Assert.Equal(40, Length(_scope, Tokens(0, 50)));
        Assert.Equal(37, Length(_scope, [.. Tokens(0, 37), 999, 38]));
        Assert.Equal(5, Length(_scope, Tokens(0, 5)));
        Assert.Equal(33, Length(_scope, Tokens(0, 50), maxTokens: 33));
        Assert.Equal(0, Length(_scope, Tokens(1, 50)));
        Assert.Equal(0, Length(_scope, []));
        Assert.Equal((6, 4, 148L), (_index.Lookups, _index.Hits, _index.HitTokens + 33));
    }

    [Fact]
    public void NoHitCrossesAScope()
    {
        var tenants = new[] { TestScopes.Tenant("a"), TestScopes.Tenant("b"), TestScopes.Create(model: 9), TestScopes.Create(adapter: "x") };
        Add(_scope, Tokens(0, 32));
        foreach (var tenant in tenants)
            Assert.Equal(0, Length(tenant, Tokens(0, 32)));
        Add(tenants[0], Tokens(0, 20));
        Assert.Equal((32, 20, 0), (Length(_scope, Tokens(0, 32)), Length(tenants[0], Tokens(0, 32)), Length(tenants[1], Tokens(0, 32))));
        Assert.Equal(32, Length(TestScopes.Create(), Tokens(0, 32)));
    }

    [Fact]
    public void CollisionOfKeys_IsAMiss()
    {
        Add(_scope, Tokens(0, 16));
        Add(_scope, Tokens(100, 16));
        using var first = _index.Match(_scope, Tokens(0, 16), 16);
        using var second = _index.Match(_scope, Tokens(100, 16), 16);
        Assert.NotEqual(first.Key, second.Key);
        // Gives the first node the second one's key: the tokens still decide.
        Private.SetField(Private.Field<PrefixNode>(first, "_lastFull"), "_key", (BlockKey?)second.Key);
        using var again = _index.Match(_scope, Tokens(0, 16), 16);
        Assert.Equal(second.Key, again.Key);
        Assert.Equal(first.Blocks, again.Blocks);
        Assert.NotEqual(second.Blocks, again.Blocks);
    }

    [Fact]
    public void Keys_AreTheChainOverFullBlocks()
    {
        Add(_scope, Tokens(0, 40));
        using var match = _index.Match(_scope, Tokens(0, 40), 40);
        var first = _scope.Chain(_scope.Root, Tokens(0, 16));
        BlockKey[] expected = [first, _scope.Chain(first, Tokens(16, 16))];
        Assert.Equal(3, match.Blocks.Count);
        Assert.Equal(expected, match.Keys);
        Assert.Equal(expected[1], match.Key);
        using var none = _index.Match(_scope, [77], 1);
        Assert.Empty(none.Keys);
        Assert.Equal(_scope.Root, none.Key);
    }

    [Fact]
    public void PrefixesThatPartInsideABlock_KeepABlockEach()
    {
        int[] left = [.. Tokens(0, 10), 1000], right = [.. Tokens(0, 10), 2000];
        Add(_scope, left);
        Add(_scope, right);
        Assert.Equal((2, 22L), (_index.CachedBlocks, _index.CachedTokens));
        using var toLeft = _index.Match(_scope, left, 99);
        using var toRight = _index.Match(_scope, right, 99);
        Assert.Equal((11, 11), (toLeft.TokenCount, toRight.TokenCount));
        Assert.NotEqual(toLeft.Blocks[0], toRight.Blocks[0]);
    }

    [Fact]
    public void FullerBlockOfTheSamePath_TakesThePlaceOfAPartlyFilledOne()
    {
        Add(_scope, Tokens(0, 20));
        using (var held = _index.Match(_scope, Tokens(0, 20), 20))
        {
            Add(_scope, Tokens(0, 30));
            Assert.Equal((2, 30L), (_index.CachedBlocks, _index.CachedTokens));
            Assert.Equal(1, _pool.References(held.Blocks[1]));
            Assert.Equal(30, Length(_scope, Tokens(0, 48)));
        }

        // The same or fewer rows change nothing.
        Add(_scope, Tokens(0, 30));
        Add(_scope, Tokens(0, 22));
        Assert.Equal((2, 30L, 2), (_index.CachedBlocks, _index.CachedTokens, _pool.UsedBlocks));
    }

    [Fact]
    public void BlockThatStandsElsewhere_IsNotAddedAgain()
    {
        var blocks = Allocate(32);
        _index.Insert(_scope, Tokens(0, 32), blocks);
        _index.Insert(TestScopes.Tenant("b"), Tokens(0, 32), blocks);
        _index.Insert(_scope, [5, 6], blocks.AsSpan(0, 1));
        _index.CheckIntegrity();
        Assert.Equal(2, _index.CachedBlocks);
        Assert.Equal(0, Length(TestScopes.Tenant("b"), Tokens(0, 32)));
        Assert.Throws<ArgumentException>(() => _index.Insert(_scope, Tokens(0, 33), blocks));
    }

    [Fact]
    public void Eviction_TakesLeavesLeastRecentlyUsedFirst_AndNothingInUse()
    {
        Add(_scope, Tokens(0, 48));
        Add(_scope, Tokens(100, 32));
        Add(_scope, Tokens(200, 16));
        using var held = _index.Match(_scope, Tokens(200, 16), 16);
        Assert.Equal(48, Length(_scope, Tokens(0, 48)));
        Assert.Equal(5, _index.IdleBlocks);
        Assert.Equal(1, _index.Evict(1));
        Assert.Equal((48, 16), (Length(_scope, Tokens(0, 48)), Length(_scope, Tokens(100, 32))));
        Assert.Equal(3, _index.Evict(3)); // the rest of 0.. was used before the rest of 100..
        Assert.Equal((0, 16), (Length(_scope, Tokens(0, 48)), Length(_scope, Tokens(100, 32))));
        Assert.Equal(1, _index.Evict(10));
        Assert.Equal((1, 1, 5L), (_index.CachedBlocks, _pool.UsedBlocks, _index.Evictions));
        _index.CheckIntegrity();
    }

    [Fact]
    public void BlockWhoseDescendantIsInUse_IsNotEvicted()
    {
        // A table that computed the beginning itself holds only the end of the cached path.
        Add(_scope, Tokens(0, 16));
        var own = Allocate(32);
        _index.Insert(_scope, Tokens(0, 32), own);
        Assert.Equal(1, _index.IdleBlocks);
        Assert.Equal(0, _index.Evict(5));
        ReleaseAll(own);
        Assert.Equal(2, _index.Evict(5));
        Assert.Equal(0, _pool.UsedBlocks);
    }

    [Fact]
    public void EvictionLooksAtAWindow_HoweverLongThePath()
    {
        var policy = new CountingPolicy();
        using var pool = new BlockPool(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 5_000 });
        var index = new PrefixIndex(pool, policy);
        pool.TryReserve(5_000, out var reservation);
        var blocks = Enumerable.Range(0, 5_000).Select(_ => pool.Allocate(reservation!, this)).ToArray();
        foreach (var block in blocks)
            pool.SetFilled(block, Rows);
        index.Insert(_scope, Tokens(0, 80_000), blocks);
        foreach (var block in blocks)
            pool.Release(block);
        Assert.Equal(4_000, index.Evict(4_000));
        Assert.Equal(4_000, policy.Seen); // one leaf a time
        index.CheckIntegrity();
        index.Clear();
        Assert.Equal(0, pool.UsedBlocks);
    }

    [Fact]
    public void Lfu_KeepsWhatIsFoundOften()
    {
        var index = new PrefixIndex(_pool, new LfuRetention());
        for (var i = 0; i < 3; i++)
        {
            var blocks = Allocate(16);
            index.Insert(_scope, Tokens(100 * i, 16), blocks);
            ReleaseAll(blocks);
        }

        index.Match(_scope, Tokens(0, 16), 16).Dispose();
        index.Match(_scope, Tokens(0, 16), 16).Dispose();
        index.Match(_scope, Tokens(200, 16), 16).Dispose();
        int[] kept = [];
        while (index.Evict(1) == 1)
            kept = [.. kept, Enumerable.Range(0, 3).Count(i => index.Match(_scope, Tokens(100 * i, 16), 0) is { } && Has(index, 100 * i))];
        Assert.Equal([2, 1, 0], kept);
        Assert.Equal(["lfu", "lru"], [new LfuRetention().Name, new LruRetention().Name]);

        var candidates = new RetentionCandidate[] { new(9, 2, 16, 1), new(3, 1, 16, 1), new(5, 1, 16, 1) };
        Assert.Equal((2, 0), (new LfuRetention().ChooseVictim(candidates), new LruRetention().ChooseVictim(candidates)));
    }

    [Fact]
    public void PolicyThatFails_LosesNothing()
    {
        var index = new PrefixIndex(_pool, new FailingPolicy());
        var blocks = Allocate(16);
        index.Insert(_scope, Tokens(0, 16), blocks);
        ReleaseAll(blocks);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Evict(1));
        index.CheckIntegrity();
        Assert.Equal(1, index.CachedBlocks);
    }

    [Fact]
    public void Clear_ForgetsOneScopeOrAll_AndLeavesBlocksInUseToTheirUsers()
    {
        var tenant = TestScopes.Tenant("a");
        Add(_scope, Tokens(0, 40));
        Add(tenant, Tokens(0, 40));
        using var held = _index.Match(tenant, Tokens(0, 40), 40);
        _index.Clear(tenant);
        _index.CheckIntegrity();
        Assert.Equal((40, 0, 6), (Length(_scope, Tokens(0, 40)), Length(tenant, Tokens(0, 40)), _pool.UsedBlocks));
        _index.Clear();
        _index.CheckIntegrity();
        Assert.Equal((0, 0L, 0, 3), (_index.CachedBlocks, _index.CachedTokens, _index.IdleBlocks, _pool.UsedBlocks));
        held.Dispose();
        Assert.Equal(0, _pool.UsedBlocks);
    }

    [Fact]
    public void EmptyRoots_AreRemoved()
    {
        for (var i = 0; i < 10; i++)
            Add(TestScopes.Tenant($"tenant {i}"), Tokens(0, 5));
        _index.Evict(10);
        Assert.Empty(Private.Field<Dictionary<BlockKey, PrefixNode>>(_index, "_roots"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void IntegrityCheck_FindsABrokenTree(int fault)
    {
        Add(_scope, Tokens(0, 40));
        Add(_scope, [.. Tokens(0, 16), 900]);
        using var match = _index.Match(_scope, Tokens(0, 32), 32);
        _index.CheckIntegrity();
        var node = Private.Field<PrefixNode>(match, "_lastFull");
        switch (fault)
        {
            case 0:
                node.Tokens = [950];
                break;
            case 1:
                node.IsIdle = !node.IsIdle;
                break;
            case 2:
                node.Block = node.Parent!.Block;
                break;
            case 3:
                _pool.Watch(node.Block, null);
                break;
            case 4:
                node.LastUse = 1_000;
                break;
        }

        Assert.Throws<InvalidOperationException>(_index.CheckIntegrity);
    }

    public void Dispose() => _pool.Dispose();

    private static int[] Tokens(int first, int count) => [.. Enumerable.Range(first, count)];

    private bool Has(PrefixIndex index, int first)
    {
        using var match = index.Match(_scope, Tokens(first, 16), 16);
        return match.TokenCount == 16;
    }

    private int Length(CacheScope scope, int[] tokens, int maxTokens = int.MaxValue)
    {
        using var match = _index.Match(scope, tokens, maxTokens);
        Assert.Equal((match.TokenCount + Rows - 1) / Rows, match.Blocks.Count);
        return match.TokenCount;
    }

    private BlockId[] Allocate(int tokens)
    {
        var blocks = new BlockId[(tokens + Rows - 1) / Rows];
        Assert.True(_pool.TryReserve(blocks.Length, out var reservation));
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = _pool.Allocate(reservation!, this);
            _pool.SetFilled(blocks[i], Math.Min(Rows, tokens - (i * Rows)));
        }

        return blocks;
    }

    private void ReleaseAll(BlockId[] blocks)
    {
        foreach (var block in blocks)
            _pool.Release(block);
    }

    private void Add(CacheScope scope, int[] tokens)
    {
        var blocks = Allocate(tokens.Length);
        _index.Insert(scope, tokens, blocks);
        ReleaseAll(blocks);
        _index.CheckIntegrity();
        _pool.CheckIntegrity();
    }

    private sealed class CountingPolicy : IRetentionPolicy
    {
        public int Seen { get; private set; }

        public string Name => "counting";

        public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates)
        {
            Seen += candidates.Length;
            return 0;
        }
    }

    private sealed class FailingPolicy : IRetentionPolicy
    {
        public string Name => "failing";

        public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates) => candidates.Length;
    }
}

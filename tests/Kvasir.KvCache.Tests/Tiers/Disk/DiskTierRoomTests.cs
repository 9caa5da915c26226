using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>What leaves a disk tier, when, and what does not.</summary>
public sealed class DiskTierRoomTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly CacheOnDisk _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void WhatCannotBeDeleted_TakesRoom_AndIsDeletedLater()
    {
        var files = new FaultyFiles(new Random(1)) { FailDelete = true };
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using var tier = _cache.Open(files);
        chunk.StoreIn(tier);
        tier.Remove(chunk.Descriptor.Key);
        Assert.False(tier.Contains(chunk.Descriptor.Key));
        Assert.Equal(new FileInfo(Assert.Single(_cache.ObjectFiles)).Length, tier.Status.Bytes);
        tier.CheckIntegrity();
        files.FailDelete = false;
        tier.Maintain();
        Assert.Empty(_cache.ObjectFiles);
        Assert.Equal(0, tier.Status.Bytes);
        tier.CheckIntegrity();
    }

    [Fact]
    public void TheOldestLeave_ButNotThePinned()
    {
        var bytes = ObjectLayout.FileBytes(_cache.Geometry, 2 * _cache.Geometry.Layout.BlockRows);
        _cache.Options = _cache.Options with { CapacityBytes = 2 * bytes };
        using var tier = _cache.Open();
        var chunks = Enumerable.Range(1, 5).Select(seed => new TestChunk(_cache.Geometry, seed)).ToArray();
        Assert.Equal(StoreResult.Stored, chunks[0].StoreIn(tier));
        Assert.Equal(StoreResult.Stored, chunks[1].StoreIn(tier));
        using (tier.TryPin(chunks[0].Descriptor.Key, "reader", Minute))
        {
            Assert.Equal(StoreResult.Stored, chunks[2].StoreIn(tier));
            Assert.False(tier.Contains(chunks[1].Descriptor.Key));
            Assert.True(tier.Keep(chunks[2].Descriptor.Key, "me"));
            Assert.Equal(StoreResult.NoRoom, chunks[3].StoreIn(tier));
        }

        Assert.Equal(StoreResult.Stored, chunks[4].StoreIn(tier));
        Assert.Equal(new[] { chunks[2].Descriptor.Key, chunks[4].Descriptor.Key }.ToHashSet(), tier.List().Select(entry => entry.Key).ToHashSet());
        Assert.Equal((2, 1, 2 * bytes), (tier.Status.Evicted, tier.Status.Refused, tier.Status.Bytes));
        Assert.Equal(2, _cache.ObjectFiles.Length);
        tier.CheckIntegrity();
        Array.ForEach(chunks, chunk => chunk.Dispose());
    }

    [Fact]
    public void ATenantsQuota_EvictsItsOwnObjectsOnly()
    {
        var bytes = ObjectLayout.FileBytes(_cache.Geometry, 2 * _cache.Geometry.Layout.BlockRows);
        _cache.Options = _cache.Options with { Tenants = new Dictionary<string, TenantLimit> { ["bob"] = new(bytes + 10, null) } };
        using var tier = _cache.Open();
        using var alice = new TestChunk(_cache.Geometry, 1);
        using var first = new TestChunk(_cache.Geometry, 2, tenant: "bob");
        using var second = new TestChunk(_cache.Geometry, 3, tenant: "bob");
        using var large = new TestChunk(_cache.Geometry, 4, blocks: 4, tenant: "bob");
        Assert.All([alice, first, second], chunk => Assert.Equal(StoreResult.Stored, chunk.StoreIn(tier)));
        Assert.Equal(StoreResult.NoRoom, large.StoreIn(tier));
        Assert.Equal((true, false, true), (tier.Contains(alice.Descriptor.Key), tier.Contains(first.Descriptor.Key), tier.Contains(second.Descriptor.Key)));
    }

    [Fact]
    public void TimeToLive_OfTierAndTenant()
    {
        _cache.Options = _cache.Options with { TimeToLive = 10 * Minute, Tenants = new Dictionary<string, TenantLimit> { ["bob"] = new(null, Minute) } };
        using var tier = _cache.Open();
        using var alice = new TestChunk(_cache.Geometry, 1);
        using var bob = new TestChunk(_cache.Geometry, 2, tenant: "bob");
        using var kept = new TestChunk(_cache.Geometry, 3, tenant: "bob");
        Assert.All([alice, bob, kept], chunk => chunk.StoreIn(tier));
        tier.Keep(kept.Descriptor.Key, "me");
        _cache.Time.Advance(Minute);
        Assert.Null(tier.TryPin(bob.Descriptor.Key, "reader", Minute));
        Assert.True(alice.IsIn(tier));
        _cache.Time.Advance(9 * Minute);
        tier.Maintain();
        Assert.Equal(kept.Descriptor.Key, Assert.Single(tier.List()).Key);
        Assert.Equal(2, tier.Status.Expired);
        Assert.Single(_cache.ObjectFiles);
    }

    [Fact]
    public void ARemovedObject_IsHiddenAtOnce_AndReadableUntilItsLastPin()
    {
        using var tier = _cache.Open();
        using var chunk = new TestChunk(_cache.Geometry, 1);
        chunk.StoreIn(tier);
        var first = tier.TryPin(chunk.Descriptor.Key, "first", Minute)!;
        var second = tier.TryPin(chunk.Descriptor.Key, "second", Minute)!;
        Assert.True(tier.Remove(chunk.Descriptor.Key));
        Assert.False(tier.Remove(chunk.Descriptor.Key));
        Assert.False(tier.Contains(chunk.Descriptor.Key));
        Assert.Null(tier.TryPin(chunk.Descriptor.Key, "third", Minute));
        first.Dispose();
        Assert.True(chunk.IsIn(tier, second));
        Assert.NotEqual(0, tier.Status.Bytes);
        Assert.Equal(StoreResult.Stored, chunk.StoreIn(tier));
        second.Dispose();
        Assert.True(chunk.IsIn(tier));
        Assert.Single(_cache.ObjectFiles);
        Assert.Equal(0, tier.Status.Pins);
        tier.CheckIntegrity();
    }

    [Fact]
    public void APinEndsByItself_AndReadsNothingFromThenOn()
    {
        using var tier = _cache.Open();
        using var chunk = new TestChunk(_cache.Geometry, 1);
        chunk.StoreIn(tier);
        var pin = tier.TryPin(chunk.Descriptor.Key, "sleeper", Minute)!;
        Assert.True(chunk.IsIn(tier, pin));
        tier.Remove(chunk.Descriptor.Key);
        _cache.Time.Advance(Minute);
        Assert.Equal((0, 1L), (tier.Status.Pins, tier.Status.ExpiredPins));
        Assert.Equal(TierFault.Missing, Assert.Throws<TierException>(() => chunk.IsIn(tier, pin)).Fault);
        pin.Dispose();
        tier.Maintain();
        Assert.Empty(_cache.ObjectFiles);
        tier.CheckIntegrity();
    }

    [Fact]
    public void AFileThatIsUnlinkedByOthers_StaysReadableForWhoReadsIt_AndIsAMissForTheNext()
    {
        using var tier = _cache.Open();
        using var chunk = new TestChunk(_cache.Geometry, 1);
        chunk.StoreIn(tier);
        using (var pin = tier.TryPin(chunk.Descriptor.Key, "reader", Minute)!)
        {
            tier.Describe(pin);
            File.Delete(Assert.Single(_cache.ObjectFiles));
            Assert.True(chunk.IsIn(tier, pin));
        }

        Assert.Equal(TierFault.Missing, Assert.Throws<TierException>(() => chunk.IsIn(tier)).Fault);
        Assert.Equal((0L, 0L, 0), (tier.Status.Objects, tier.Status.Bytes, tier.Status.Pins));
    }

    [Fact]
    public void WhatAUserKeeps_IsKeptAcrossRestarts()
    {
        using var first = new TestChunk(_cache.Geometry, 1);
        using var second = new TestChunk(_cache.Geometry, 2, first: 32, parent: first.Descriptor.Key);
        using (var tier = _cache.Open())
        {
            first.StoreIn(tier);
            second.StoreIn(tier);
            Assert.Equal([second.Descriptor.Key, first.Descriptor.Key], tier.WithAncestors(second.Descriptor.Key));
            Assert.True(tier.Keep(second.Descriptor.Key, "me"));
        }

        _cache.Options = _cache.Options with { CapacityBytes = 1 };
        using var reopened = _cache.Open();
        Assert.Equal(second.Descriptor.Key, Assert.Single(reopened.List()).Key);
        Assert.True(reopened.LetGo(second.Descriptor.Key));
        Assert.False(reopened.LetGo(second.Descriptor.Key));
    }

    [Fact]
    public void AFullDisk_MakesRoomOfOurOwn_OrRefuses()
    {
        var bytes = ObjectLayout.FileBytes(_cache.Geometry, 2 * _cache.Geometry.Layout.BlockRows);
        var files = new FaultyFiles(new Random(1)) { Room = 2 * bytes };
        using var tier = _cache.Open(files);
        var chunks = Enumerable.Range(1, 4).Select(seed => new TestChunk(_cache.Geometry, seed)).ToArray();
        Assert.All(chunks[..3], chunk => Assert.Equal(StoreResult.Stored, chunk.StoreIn(tier)));
        Assert.Equal((2L, 1L), (tier.Status.Objects, tier.Status.Evicted));
        tier.Keep(chunks[1].Descriptor.Key, "me");
        tier.Keep(chunks[2].Descriptor.Key, "me");
        Assert.Equal(StoreResult.NoRoom, chunks[3].StoreIn(tier));
        Assert.True(chunks[1].IsIn(tier) && chunks[2].IsIn(tier));
        Assert.Equal(2, _cache.ObjectFiles.Length);
        tier.CheckIntegrity();
        Array.ForEach(chunks, chunk => chunk.Dispose());
    }
}

using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tests.Tiers.Disk;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tiers.Host;

public sealed class HostTierTests
{
    private const int Operations = 20_000;
    private static readonly ChunkGeometry Geometry = new(new KvLayout(3, 1, 16, KvDataType.F16, BlockRows: 16), LayersPerRecord: 2);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void RandomOperations_AgreeWithAPlainModel()
    {
        const int seed = 5;
        var random = new Random(seed);
        var capacity = 12 * Geometry.Layout.BlockBytes;
        using var tier = new HostTier(Geometry, new TierLimits { CapacityBytes = capacity }, new LruPolicy(), _time);
        var pins = new List<(TierPin Pin, int Seed)>();
        for (var i = 0; i < Operations; i++)
        {
            var chunk = random.Next(20);
            using var source = Chunk(chunk);
            switch (random.Next(4))
            {
                case 0:
                    var had = tier.Contains(source.Descriptor.Key);
                    var result = tier.Store(source.Descriptor, source);
                    Assert.True(had ? result == StoreResult.Present : result is StoreResult.Stored or StoreResult.NoRoom, $"seed {seed}, operation {i}: {result}");
                    break;
                case 1:
                    if (tier.TryPin(source.Descriptor.Key, "model", Minute) is { } pin)
                        pins.Add((pin, chunk));
                    break;
                case 2 when pins.Count > 0:
                    var (held, heldSeed) = pins[random.Next(pins.Count)];
                    using (var expected = Chunk(heldSeed))
                        Assert.True(expected.IsIn(tier, held), $"seed {seed}, operation {i}: a pinned object is not what was stored");
                    pins.Remove((held, heldSeed));
                    held.Dispose();
                    break;
                default:
                    if (random.Next(4) == 0)
                        tier.Remove(source.Descriptor.Key);
                    break;
            }

            var status = tier.Status;
            Assert.InRange(status.Bytes, tier.List().Sum(entry => entry.Bytes), capacity);
            Assert.Equal(pins.Count, status.Pins);
        }

        foreach (var (pin, _) in pins)
            pin.Dispose();
        foreach (var entry in tier.List())
            tier.Remove(entry.Key);
        Assert.Equal((0L, 0L, 0), (tier.Status.Objects, tier.Status.Bytes, tier.Status.Pins));
    }

    [Fact]
    public void PinnedObject_StaysAndARemovedOneCanStillBeRead()
    {
        using var tier = Tier(capacityBlocks: 4);
        using var first = Chunk(1);
        using var second = Chunk(2);
        using var third = Chunk(3);
        tier.Store(first.Descriptor, first);
        using var pin = tier.TryPin(first.Descriptor.Key, "test", Minute)!;
        tier.Store(second.Descriptor, second);
        Assert.Equal(StoreResult.Stored, tier.Store(third.Descriptor, third));
        Assert.True(tier.Contains(first.Descriptor.Key));
        Assert.False(tier.Contains(second.Descriptor.Key));
        tier.Remove(first.Descriptor.Key);
        Assert.False(tier.Contains(first.Descriptor.Key));
        Assert.True(first.IsIn(tier, pin));
    }

    [Fact]
    public void ForgottenPin_EndsByItself()
    {
        using var tier = Tier(capacityBlocks: 2);
        using var first = Chunk(1);
        using var second = Chunk(2);
        tier.Store(first.Descriptor, first);
        using var pin = tier.TryPin(first.Descriptor.Key, "forgetful", Minute)!;
        Assert.Equal(StoreResult.NoRoom, tier.Store(second.Descriptor, second));
        _time.Advance(2 * Minute);
        Assert.Equal(StoreResult.Stored, tier.Store(second.Descriptor, second));
        Assert.Equal((0, 1L), (tier.Status.Pins, tier.Status.ExpiredPins));
        Assert.Equal(TierFault.Missing, Assert.Throws<TierException>(() => tier.Describe(pin)).Fault);
    }

    [Fact]
    public void TenantOverItsQuota_GivesUpItsOwn()
    {
        var limits = new TierLimits
        {
            CapacityBytes = 100 * Geometry.Layout.BlockBytes,
            Tenants = new Dictionary<string, TenantLimit> { ["bob"] = new(2 * Geometry.Layout.BlockBytes, null) },
        };
        using var tier = new HostTier(Geometry, limits, new LruPolicy(), _time);
        using var alice = Chunk(1);
        using var bob = new TestChunk(Geometry, 2, tenant: "bob");
        using var bobToo = new TestChunk(Geometry, 3, tenant: "bob");
        tier.Store(alice.Descriptor, alice);
        tier.Store(bob.Descriptor, bob);
        tier.Store(bobToo.Descriptor, bobToo);
        Assert.True(tier.Contains(alice.Descriptor.Key));
        Assert.False(tier.Contains(bob.Descriptor.Key));
        Assert.True(tier.Contains(bobToo.Descriptor.Key));
    }

    [Fact]
    public void ObjectPastItsTime_IsNotFound()
    {
        using var tier = new HostTier(
            Geometry, new TierLimits { CapacityBytes = 100 * Geometry.Layout.BlockBytes, EachTenant = new TenantLimit(null, Minute) }, new LruPolicy(), _time);
        using var chunk = Chunk(1);
        tier.Store(chunk.Descriptor, chunk);
        _time.Advance(Minute);
        Assert.True(tier.Contains(chunk.Descriptor.Key));
        _time.Advance(Minute);
        Assert.Null(tier.TryPin(chunk.Descriptor.Key, "late", Minute));
        Assert.Equal((0L, 1L), (tier.Status.Bytes, tier.Status.Expired));
    }

    private HostTier Tier(int capacityBlocks) =>
        new(Geometry, new TierLimits { CapacityBytes = capacityBlocks * Geometry.Layout.BlockBytes }, new LruPolicy(), _time);

    private static TestChunk Chunk(int seed) => new(Geometry, seed);
}

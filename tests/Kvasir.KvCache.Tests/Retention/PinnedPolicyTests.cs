using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Tests.Retention;

public class PinnedPolicyTests
{
    [Theory]
    [InlineData("lru")]
    [InlineData("s3-fifo")]
    [InlineData("cost-aware")]
    public void PinnedObjects_AreNeverVictims_WhateverHappens(string inner)
    {
        var policy = new PinnedPolicy(CachePolicies.Create(inner));
        var random = new Random(3);
        var present = new HashSet<int>();
        var pins = new HashSet<(int Key, string Owner)>();
        string[] owners = ["a", "b"];
        for (var i = 0; i < 20_000; i++)
        {
            var key = random.Next(40);
            var owner = owners[random.Next(2)];
            switch (random.Next(7))
            {
                case 0:
                    Assert.Equal(present.Contains(key) && pins.Add((key, owner)), policy.Pin(Keys.Of(key), owner));
                    break;
                case 1:
                    Assert.Equal(pins.Remove((key, owner)), policy.Unpin(Keys.Of(key), owner));
                    break;
                case 2:
                    policy.Use(Keys.Of(key), i);
                    break;
                case 3 when random.Next(200) == 0:
                    Assert.Equal(pins.RemoveWhere(pin => pin.Owner == owner), policy.UnpinAll(owner));
                    break;
                case 4 when random.Next(3) == 0:
                    policy.Remove(Keys.Of(key));
                    present.Remove(key);
                    pins.RemoveWhere(pin => pin.Key == key);
                    break;
                case 5:
                    var found = policy.TryChooseVictim(i, Keys.Any, out var victim);
                    Assert.Equal(present.Any(other => !IsPinned(other)), found);
                    Assert.True(!found || (present.Contains(Keys.Number(victim)) && !IsPinned(Keys.Number(victim))), $"operation {i}");
                    break;
                default:
                    if (present.Add(key))
                        policy.Add(Keys.Of(key), new CacheObject(1, 0, 100, i));
                    break;
            }

            Assert.Equal(pins.Select(pin => pin.Key).Distinct().Count(), policy.Pinned);
        }

        bool IsPinned(int key) => pins.Any(pin => pin.Key == key);
    }

    [Fact]
    public void UnpinnedObject_CountsAsComeAtItsLastUse()
    {
        var policy = new PinnedPolicy(new CostAwarePolicy());
        policy.Add(Keys.Of(1), new CacheObject(1, 0, 100, Seconds: 0));
        policy.Add(Keys.Of(2), new CacheObject(1, 0, 100, Seconds: 100));
        policy.Pin(Keys.Of(1), "a");
        policy.Use(Keys.Of(1), 200);
        policy.Unpin(Keys.Of(1), "a");
        Assert.True(policy.TryChooseVictim(300, Keys.Any, out var victim));
        Assert.Equal(Keys.Of(2), victim);
    }

    [Fact]
    public void ByName_KeepsEverythingUntilItIsUnpinned()
    {
        var policy = (PinnedPolicy)CachePolicies.Create("pinned");
        for (var i = 0; i < 3; i++)
            policy.Add(Keys.Of(i), new CacheObject(1, 0, 0, i));
        Assert.False(policy.TryChooseVictim(9, Keys.Any, out _));
        Assert.True(policy.Unpin(Keys.Of(1), PinnedPolicy.EverythingsOwner));
        Assert.True(policy.TryChooseVictim(9, Keys.Any, out var victim));
        Assert.Equal(Keys.Of(1), victim);
        Assert.Equal(2, policy.UnpinAll(PinnedPolicy.EverythingsOwner));
        Assert.Equal(0, policy.Pinned);
    }
}

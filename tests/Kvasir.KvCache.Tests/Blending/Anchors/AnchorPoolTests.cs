using System.Collections.Immutable;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.KvCache.Tests.Blending.Anchors;

public sealed class AnchorPoolTests
{
    private static readonly FreeRows Rows = AnchorRows.Filled(1, 0);
    private static readonly OffsetKey Key = new("agent", 1);
    private static readonly AnchorOffsets Offsets = new(Rows, null);

    [Fact]
    public void OfTheOldestInTheWindow_TheLeastUsedGoes()
    {
        var pool = new AnchorPool(new AnchorSettings { Capacity = 6, Window = 3 });
        Add(pool, "a", "b", "c", "d", "e", "f");
        pool.Commit(new Dictionary<string, long> { ["a"] = 2, ["b"] = 1, ["c"] = 3 }, []);
        Add(pool, "g"); // d is unused, but not among the three oldest
        Assert.Equal(["a", "c", "d", "e", "f", "g"], Names(pool));
        Add(pool, "h");
        Assert.Equal(["a", "c", "e", "f", "g", "h"], Names(pool));
        Add(pool, "i", "j"); // the older of equals goes
        Assert.Equal(["a", "c", "g", "h", "i", "j"], Names(pool));
        Assert.Equal(4, pool.Evicted);
    }

    [Fact]
    public void AViewStaysWhatItWas_UntilNoRequestRuns()
    {
        var pools = new AnchorPools(AnchorRows.Scope(), new AnchorSettings());
        var (one, two) = (pools.Begin(), pools.Begin());
        one.Add("text", "x", Rows, Key, Offsets);
        Assert.Empty(one.Anchors("text"));
        Assert.NotNull(one.Find("text", "x", Key)); // its own offsets it knows at once
        Assert.Null(two.Find("text", "x", Key));
        pools.End(one);
        Assert.Equal(0, pools.Count);
        var three = pools.Begin();
        pools.End(two);
        Assert.Empty(three.Anchors("text"));
        pools.End(three);
        Assert.Equal(1, pools.Count);
        Assert.Throws<ArgumentException>(() => pools.End(three));
        var four = pools.Begin();
        Assert.NotNull(four.Find("text", "x", Key));
        Assert.Null(four.Find("text", "x", Key with { Part = 3 }));
        Assert.Null(four.Find("other text", "x", Key));
    }

    [Fact]
    public void WhatRequestsFoundOut_ComesInTheOrderInWhichTheyBegan()
    {
        var pools = new AnchorPools(AnchorRows.Scope(), new AnchorSettings());
        var views = Enumerable.Range(0, 4).Select(_ => pools.Begin()).ToArray();
        for (var i = 3; i >= 0; i--)
            views[i].Add("text", $"{i}", Rows, Key, Offsets);
        foreach (var i in new[] { 2, 0, 3, 1 })
            pools.End(views[i]);
        Assert.Equal(["0", "1", "2", "3"], pools.Anchors("text").Select(anchor => anchor.Id));
    }

    [Fact]
    public void ATextThatSeveralAgentsRead_IsOneAnchor_WithTheOffsetsOfEach()
    {
        var pools = new AnchorPools(AnchorRows.Scope(), new AnchorSettings());
        var view = pools.Begin();
        view.Add("text", "x", Rows, Key, Offsets);
        view.Add("text", "x", Rows, new OffsetKey("other", 1), Offsets);
        pools.End(view);
        view = pools.Begin();
        view.Add("text", "x", Rows, new OffsetKey("third", 2), Offsets);
        pools.End(view);
        Assert.Equal(3, Assert.Single(pools.Anchors("text")).Offsets.Count);
        Assert.Equal(4 * Rows.Bytes, pools.Bytes);
    }

    [Fact]
    public void SharedTexts_CountTheAnchorsThatTheyLeanOn()
    {
        var pools = new AnchorPools(AnchorRows.Scope(), new AnchorSettings { Gamma = 1, Scale = DistanceScale.Published, SharingTemperature = 0.1f });
        var view = pools.Begin();
        foreach (var fill in new[] { 0f, 5, 9 })
            view.Add("text", $"{fill}", AnchorRows.Filled(2, fill), Key, Offsets);
        pools.End(view);
        view = pools.Begin();
        Assert.True(view.Predict("text", AnchorRows.Filled(1, 0.1f)).IsShareable);
        Assert.True(view.Predict("text", AnchorRows.Filled(1, 8)).IsShareable);
        Assert.True(view.Predict("text", AnchorRows.Filled(2, 9)).IsShareable);
        Assert.False(view.Predict("text", AnchorRows.Filled(3, 9)).IsShareable);
        pools.End(view);
        Assert.Equal([1L, 0, 2], pools.Anchors("text").Select(anchor => anchor.Uses));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomOperations_EqualASimpleModel(int seed)
    {
        var random = new Random(seed);
        var settings = new AnchorSettings { Capacity = random.Next(1, 8), Window = random.Next(1, 5) };
        var pool = new AnchorPool(settings);
        var model = new List<(string Id, long Uses, HashSet<int> Places)>();
        for (var step = 0; step < 300; step++)
        {
            var uses = model.Where(_ => random.Next(3) == 0).ToDictionary(anchor => anchor.Id, _ => (long)random.Next(1, 3));
            var added = Enumerable.Range(0, random.Next(3)).Select(_ => (Id: $"{random.Next(40)}", Place: random.Next(3))).DistinctBy(pair => pair.Id).ToArray();
            pool.Commit(uses, [.. added.Select(pair => new Anchor { Id = pair.Id, Base = Rows, Offsets = Of(pair.Place) })]);
            model = [.. model.Select(anchor => anchor with { Uses = anchor.Uses + uses.GetValueOrDefault(anchor.Id) })];
            foreach (var (id, place) in added)
            {
                if (model.Find(anchor => anchor.Id == id).Places is { } places)
                {
                    places.Add(place);
                    continue;
                }

                model.Add((id, 0, [place]));
                if (model.Count > settings.Capacity)
                    model.Remove(model.Take(settings.Window).MinBy(anchor => anchor.Uses));
            }

            Assert.True(pool.Anchors.Count <= settings.Capacity);
            Assert.Equal(model.Select(anchor => (anchor.Id, anchor.Uses, anchor.Places.Count)), pool.Anchors.Select(anchor => (anchor.Id, anchor.Uses, anchor.Offsets.Count)));
            Assert.Equal(pool.Anchors.OrderBy(anchor => anchor.Order), pool.Anchors);
        }
    }

    [Fact]
    public void BreakEven_IsWhereTheSavingPaysForTheOverhead()
    {
        var meter = new BreakEven();
        Assert.True(double.IsNaN(meter.Tokens(1)));
        meter.AddDense(1000, 1);
        meter.AddReused(1000, 0.2);
        Assert.Equal(0.001, meter.DenseSecondsPerToken, 9);
        Assert.Equal(50, meter.Tokens(0.04), 6);
        meter.AddReused(1000, 100);
        Assert.True(double.IsPositiveInfinity(meter.Tokens(0.04)));
    }

    [Fact]
    public void SettingsThatMakeNoSense_AreRefused()
    {
        AnchorSettings good = new();
        foreach (var bad in new[] { good with { Gamma = -1 }, good with { Capacity = 0 }, good with { Window = 0 }, good with { Nucleus = 0 }, good with { SharingTemperature = 0 }, good with { LeastWeight = 1 } })
            Assert.Throws<ArgumentException>(() => new AnchorPool(bad));
    }

    private static ImmutableDictionary<OffsetKey, AnchorOffsets> Of(int place) => ImmutableDictionary<OffsetKey, AnchorOffsets>.Empty.Add(new OffsetKey("agent", place), Offsets);

    private static void Add(AnchorPool pool, params string[] names)
    {
        foreach (var name in names)
            pool.Commit(ImmutableDictionary<string, long>.Empty, [AnchorRows.Anchor(name, Rows)]);
    }

    private static IEnumerable<string> Names(AnchorPool pool) => pool.Anchors.Select(anchor => anchor.Id);
}

using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Chunks;

public class ChunkIndexTests
{
    [Fact]
    public void KeyOfAText_IsNoKeyOfAPrefix_AndDiffersBetweenScopes()
    {
        var scope = TestScopes.Create();
        var tokens = ChunkRig.Tokens(1, 16);
        var key = ChunkIndex.KeyOf(scope, tokens);
        Assert.Equal(key, ChunkIndex.KeyOf(TestScopes.Create(), tokens));
        Assert.NotEqual(key, scope.Chain(scope.Root, tokens));
        Assert.NotEqual(key, scope.Root);
        Assert.NotEqual(key, ChunkIndex.KeyOf(TestScopes.Tenant("a"), tokens));
        Assert.NotEqual(key, ChunkIndex.KeyOf(scope, tokens.AsSpan(0, 15)));
    }

    [Fact]
    public void AddedRows_AreFoundByTheirTokens_AndStayWhenTheWriterLetsGo()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 8 });
        var tokens = ChunkRig.Tokens(1, 40);
        Assert.Empty(rig.Variants(tokens));
        var run = rig.Add(tokens, ChunkRig.Behind(7), basePosition: 5)!;
        Assert.Equal([run], rig.Variants(tokens));
        Assert.Equal((5, 0, 40, 3, 1), (run.BasePosition, run.FirstSlot, run.Length, rig.Index.HeldBlocks, rig.Index.Runs));
        Assert.All(run.Blocks, block => Assert.Equal(1, rig.Pool.References(block)));
        Assert.Equal((2, 1), (rig.Index.Lookups, rig.Index.Hits));
        rig.Index.Clear();
        Assert.Equal((0, 0), (rig.Pool.UsedBlocks, rig.Index.Runs));
        rig.Index.CheckIntegrity();
    }

    [Fact]
    public void KeyWithOtherTokens_IsAMiss()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 8 });
        var tokens = ChunkRig.Tokens(1, 40);
        rig.Add(tokens);
        Assert.Empty(rig.Index.Variants(rig.Scope, ChunkIndex.KeyOf(rig.Scope, tokens), ChunkRig.Tokens(2, 40)));
    }

    [Fact]
    public void Scopes_NeverSeeEachOther_AndAreClearedAlone()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 32 });
        var (a, b) = (TestScopes.Tenant("a"), TestScopes.Tenant("b"));
        var tokens = ChunkRig.Tokens(1, 64);
        rig.Add(tokens, scope: a);
        Assert.Empty(rig.Variants(tokens, b));
        Assert.Empty(rig.Index.Variants(b, ChunkIndex.KeyOf(a, tokens), tokens));
        Assert.Empty(rig.Find(tokens, scope: b));
        Assert.Single(rig.Find(tokens, scope: TestScopes.Tenant("a")));
        rig.Add(tokens, scope: b);
        rig.Index.Clear(TestScopes.Tenant("a"));
        Assert.Empty(rig.Variants(tokens, a));
        Assert.Single(rig.Variants(tokens, b));
        rig.Index.CheckIntegrity();
    }

    [Fact]
    public void SameTextsBefore_ReplaceTheOlderVariant_OthersStandBesideIt()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 32 });
        var tokens = ChunkRig.Tokens(1, 32);
        var first = rig.Add(tokens, ChunkRig.Behind(1, 2))!;
        var second = rig.Add(tokens, ChunkRig.Behind(2, 1))!;
        var unknown = rig.Add(tokens)!;
        var empty = rig.Add(tokens, ChunkRig.Behind())!;
        Assert.Equal([first, second, unknown, empty], rig.Variants(tokens));
        var held = rig.Variants(tokens);
        var newer = rig.Add(tokens, ChunkRig.Behind(1, 2))!;
        Assert.Equal([second, unknown, empty, newer], rig.Variants(tokens));
        Assert.Equal([first, second, unknown, empty], held);
        Assert.Equal(0, rig.Index.Evictions);
    }

    [Fact]
    public void OneVariantTooMany_DropsTheLeastWorthyOne()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 1000, MaxVariants = 3 });
        var tokens = ChunkRig.Tokens(1, 32);
        var runs = Enumerable.Range(0, 3).Select(i => rig.Add(tokens, ChunkRig.Behind(i))!).ToList();
        rig.Index.Used(runs[0], 3);
        rig.Index.Used(runs[1], 1);
        rig.Index.Used(runs[2], 2);
        var newest = rig.Add(tokens, ChunkRig.Behind(9))!;
        Assert.Equal([runs[0], runs[2], newest], rig.Variants(tokens));
        Assert.Equal(1, rig.Index.Evictions);
    }

    [Fact]
    public void Worth_CountsMoreThanRecency_AndEqualWorthGoesByRecency()
    {
        // A half-life so long that nothing fades: worths are 1 + what is added.
        using var rig = new ChunkRig(new() { MaxBlocks = 6, HalfLifeTurnovers = 1e15 });
        var texts = Enumerable.Range(1, 3).Select(i => ChunkRig.Tokens(i, 32)).ToList();
        var runs = texts.ConvertAll(tokens => rig.Add(tokens)!);
        rig.Index.Used(runs[0], 5);
        rig.Index.Used(runs[2], 0);
        Assert.Equal(2, rig.Index.Evict(1)); // text 2: worth 1 as text 3, but used earlier; its two blocks go together
        Assert.Equal([1, 0, 1], texts.Select(tokens => rig.Variants(tokens).Count));
        rig.Add(ChunkRig.Tokens(4, 32));
        rig.Add(ChunkRig.Tokens(5, 32));
        Assert.Equal([1, 0, 0], texts.Select(tokens => rig.Variants(tokens).Count));
    }

    [Fact]
    public void OldWorth_HalvesWithEveryTurnover()
    {
        // Ten blocks, one a run, half-life one turnover: ten uses. A starts with 1 and is used for 7: 1 · 2^(-0.1) + 7 = 7.93.
        // 28 uses later (the new run's among them) that is 7.93 · 2^(-2.8) = 1.14, more than the 1 of a new run; 31 uses later 0.93.
        foreach (var (uses, survives) in new[] { (27, true), (30, false) })
        {
            using var rig = new ChunkRig(new() { MaxBlocks = 10, HalfLifeTurnovers = 1 });
            var a = rig.Add(ChunkRig.Tokens(1, 16))!;
            rig.Index.Used(a, 7);
            var other = rig.Add(ChunkRig.Tokens(2, 16))!;
            for (var i = 2; i <= uses; i++)
                rig.Index.Used(other, 1e6);
            rig.Add(ChunkRig.Tokens(3, 16));
            rig.Index.Evict(1);
            Assert.Equal(survives ? 1 : 0, rig.Variants(ChunkRig.Tokens(1, 16)).Count);
        }
    }

    /// <summary>Documents that were worth much do not keep new ones out: 500 shuffles of 14 new documents in an index that holds 16.</summary>
    [Fact]
    public void NewDocuments_TakeThePlaceOfOldWorthyOnes_AndStay()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 16 * 4 });
        var random = new Random(5);
        for (var i = 0; i < 16; i++)
        {
            var old = rig.Add(ChunkRig.Tokens(i, 64), ChunkRig.Behind())!;
            for (var use = 0; use < 50; use++)
                rig.Index.Used(old, 100);
        }

        var documents = Enumerable.Range(20, 14).ToArray();
        var shares = new List<double>();
        for (var shuffle = 0; shuffle < 500; shuffle++)
        {
            random.Shuffle(documents);
            var found = 0;
            for (var i = 0; i < documents.Length; i++)
            {
                var tokens = ChunkRig.Tokens(documents[i], 64);
                var variants = rig.Variants(tokens);
                found += variants.Count > 0 ? 1 : 0;
                if (variants.Count > 0)
                    rig.Index.Used(variants[^1], 2);
                else
                    rig.Add(tokens, ChunkRig.Behind(documents[..i]));
                Assert.InRange(rig.Index.HeldBlocks, 0, 16 * 4);
            }

            shares.Add(found / 14.0);
        }

        Assert.True(shares[0] == 0, "the documents are not new");
        Assert.Equal(1, shares.TakeLast(100).Average());
    }

    [Fact]
    public void BlocksSharedByRuns_CountOnce_AndGoWithTheLastOfThem()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 4 });
        var tokens = ChunkRig.Tokens(1, 56);
        var blocks = rig.Write(56);
        // 0..40 lies in blocks 0 to 2, 20..56 in blocks 1 to 3 from slot 4 on.
        var first = rig.Index.Add(rig.Scope, tokens.AsSpan(0, 40), 0, blocks[..3], 0, null)!;
        var second = rig.Index.Add(rig.Scope, tokens.AsSpan(20, 36), 20, blocks[1..], 4, null)!;
        rig.Release(blocks);
        rig.Index.CheckIntegrity();
        Assert.Equal((4, 2, 4), (rig.Index.HeldBlocks, rig.Index.Runs, rig.Pool.UsedBlocks));
        rig.Index.Used(second, 1);
        Assert.Equal(1, rig.Index.Evict(1));
        Assert.Equal((3, 3), (rig.Index.HeldBlocks, rig.Pool.UsedBlocks));
        Assert.Equal(3, rig.Index.Evict(100));
        Assert.Equal((0, 0), (rig.Index.Runs, rig.Pool.UsedBlocks));
        Assert.Equal(0, rig.Index.Evict(1));
        rig.Index.Used(first, 1); // gone: passed over
        rig.Index.CheckIntegrity();
    }

    [Fact]
    public void RunOfAnotherRunsBlocks_SurvivesThatOnesEviction()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 3 });
        var blocks = rig.Write(32);
        var tokens = ChunkRig.Tokens(1, 32);
        rig.Index.Add(rig.Scope, tokens, 0, blocks, 0, null);
        rig.Release(blocks); // only the index holds them
        var part = rig.Index.Add(rig.Scope, tokens.AsSpan(16), 16, blocks[1..], 0, null)!;
        rig.Index.Used(part, 9);
        Assert.NotNull(rig.Add(ChunkRig.Tokens(2, 32))); // room for it only without the first run
        Assert.Empty(rig.Variants(tokens));
        Assert.Single(rig.Variants(tokens[16..]));
        Assert.Equal(1, rig.Pool.References(blocks[1]));
    }

    [Fact]
    public void WhatCannotFit_IsNotKept_AndDropsNothing()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 2 });
        rig.Add(ChunkRig.Tokens(1, 32));
        Assert.Null(rig.Add(ChunkRig.Tokens(2, 33)));
        Assert.Null(rig.Add(ChunkRig.Tokens(2, 33), scope: TestScopes.Tenant("new")));
        Assert.Equal((1, 0), (rig.Index.Runs, rig.Index.Evictions));
    }

    [Fact]
    public void RowsThatAreNotThere_AreRefusedByName()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 8 });
        var blocks = rig.Write(20);
        Assert.Contains("block 1 has 4 rows", Refusal(ChunkRig.Tokens(1, 21), blocks, 0));
        Assert.Contains("in 2 blocks of 16, not in 1", Refusal(ChunkRig.Tokens(1, 20), blocks[..1], 0));
        Assert.Contains("in 1 blocks of 16, not in 2", Refusal(ChunkRig.Tokens(1, 4), blocks, 12));
        Assert.Contains("0 rows", Refusal([], [], 0));
        rig.Release(blocks);
        Assert.Contains("has 0 rows", Refusal(ChunkRig.Tokens(1, 20), blocks, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => rig.Index.Add(rig.Scope, [1], 0, blocks[..1], 16, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => rig.Index.Add(rig.Scope, [1], -1, blocks[..1], 0, null));
        Assert.Equal(0, rig.Index.HeldBlocks);

        string Refusal(int[] tokens, IReadOnlyList<BlockId> at, int slot) =>
            Assert.Throws<ArgumentException>(() => rig.Index.Add(rig.Scope, tokens, 0, at, slot, null)).Message;
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void WorthThatIsNoNumber_IsRefused(double value)
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 8 });
        var run = rig.Add(ChunkRig.Tokens(1, 16))!;
        Assert.Throws<ArgumentOutOfRangeException>(() => rig.Index.Used(run, value));
    }

    [Fact]
    public void Options_ThatContradictEachOther_AreRefused()
    {
        using var pool = new BlockPool(TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 1 });
        foreach (var options in new ChunkIndexOptions[]
        {
            new() { MaxBlocks = 0 }, new() { MaxBlocks = 1, MaxVariants = 0 }, new() { MaxBlocks = 1, MinFragment = 30 },
            new() { MaxBlocks = 1, Window = 0 }, new() { MaxBlocks = 1, MaxCandidates = 1 }, new() { MaxBlocks = 1, HalfLifeTurnovers = double.NaN },
        })
        {
            Assert.Throws<ArgumentException>(() => new ChunkIndex(pool, options));
        }
    }

    [Fact]
    public void IntegrityCheck_SeesABrokenBook()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 8 });
        var run = rig.Add(ChunkRig.Tokens(1, 40))!;
        rig.Pool.Release(run.Blocks[0]);
        Assert.Contains("without a reference", Assert.Throws<InvalidOperationException>(rig.Index.CheckIntegrity).Message);
    }
}

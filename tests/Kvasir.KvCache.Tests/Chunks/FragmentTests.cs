using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;
using Xunit.Abstractions;

namespace Kvasir.KvCache.Tests.Chunks;

public class FragmentTests(ITestOutputHelper output)
{
    [Fact]
    public void RolledHash_IsTheHashOfTheWindow()
    {
        var random = new Random(3);
        var tokens = Enumerable.Range(0, 2_000).Select(_ => random.Next(3) == 0 ? int.MaxValue - random.Next(3) : random.Next(50_000)).ToArray();
        foreach (var seed in new ulong[] { 0, 1, (1UL << 61) - 3, (1UL << 61) - 1, ulong.MaxValue, 0x123456789ABCDEF })
        {
            var hash = new WindowHash(16, seed);
            var rolled = hash.Of(tokens.AsSpan(0, 16));
            for (var i = 1; i + 16 <= tokens.Length; i++)
            {
                rolled = hash.Roll(rolled, tokens[i - 1], tokens[i + 15]);
                Assert.Equal(hash.Of(tokens.AsSpan(i, 16)), rolled);
            }
        }
    }

    [Fact]
    public void Hash_IsThePolynomialModuloThePrime()
    {
        // Base 2 + 5 = 7, window 3: ((2·7) + 1)·7 + 4 = 109 for the tokens 1, 0, 3, each counted from 1.
        Assert.Equal(109UL, new WindowHash(3, 5).Of([1, 0, 3]));
        // Base p - 1, which is -1: 2·1 - 1 + 4 = 5.
        Assert.Equal(5UL, new WindowHash(3, (1UL << 61) - 4).Of([1, 0, 3]));
    }

    [Fact]
    public void Fragment_IsFoundWhereverItBeginsAndEnds_AsLongAsBothAgree()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 64 });
        var text = ChunkRig.Tokens(1, 200);
        var run = rig.Add(text, basePosition: 1000)!;
        for (var from = 0; from < 40; from += 3)
        {
            for (var length = 32; length <= 80; length += 7)
            {
                var prompt = (int[])[.. ChunkRig.Tokens(2, 21), .. text.AsSpan(from, length), .. ChunkRig.Tokens(3, 9)];
                var hit = Assert.Single(rig.Find(prompt));
                Assert.Equal(new ChunkHit(21, length, run, from), hit);
                Assert.Equal(21 - (1000 + from), hit.PositionOffset);
            }

            Assert.Empty(rig.Find([.. ChunkRig.Tokens(2, 21), .. text.AsSpan(from, 31), .. ChunkRig.Tokens(3, 9)]));
        }
    }

    [Fact]
    public void Search_StaysInItsBounds()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 64 });
        var text = ChunkRig.Tokens(1, 200);
        var run = rig.Add(text)!;
        Assert.Equal([new ChunkHit(10, 90, run, 10)], rig.Find(text, 10, 100));
        Assert.Empty(rig.Find(text, 10, 41));
        Assert.Empty(rig.Find(text, 200));
        Assert.Empty(rig.Find(text, 50, 50));
        Assert.Equal(90, rig.Index.FragmentTokens);
    }

    [Fact]
    public void OfFragmentsThatBeginTogether_TheLongestIsTaken_AndTheSearchGoesOnBehindIt()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 64 });
        var head = ChunkRig.Tokens(1, 40);
        var brief = rig.Add([.. head, .. ChunkRig.Tokens(2, 40)])!;
        var full = rig.Add([.. head, .. ChunkRig.Tokens(3, 60)])!;
        var prompt = (int[])[.. head, .. ChunkRig.Tokens(3, 60), .. head, .. ChunkRig.Tokens(2, 35)];
        Assert.Equal([new ChunkHit(0, 100, full, 0), new ChunkHit(100, 75, brief, 0)], rig.Find(prompt));
    }

    [Fact]
    public void MisalignedTemplates_AreFoundBetweenTheSlots()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 64 });
        var (a, b, c) = (ChunkRig.Tokens(1, 70), ChunkRig.Tokens(2, 50), ChunkRig.Tokens(3, 45));
        rig.Add([.. a, 7, 7, 7, .. b, 8, 8, .. c]);
        var hits = rig.Find([.. a, 9, .. b, 9, 9, 9, 9, 9, .. c]);
        Assert.Equal([(0, 70, 0), (71, 50, 73), (126, 45, 125)], hits.Select(hit => (hit.Start, hit.Length, hit.RunStart)));
    }

    /// <summary>
    /// KVShare's first check: templates whose slots are filled with texts of any length, so that nothing stays aligned. Blocks of 64 tokens
    /// are found here wherever the same block was aligned before, whatever preceded it.
    /// </summary>
    [Fact]
    public void MisalignedTemplates_ReuseHalfAsMuchAgainAsBlocksOf64()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 16_384 }, capacity: 16_384);
        var random = new Random(9);
        var templates = Enumerable.Range(0, 4).Select(t => Enumerable.Range(0, 6).Select(part => ChunkRig.Tokens((t * 6) + part, random.Next(40, 260))).ToArray()).ToArray();
        var blocks = new HashSet<string>();
        var (total, byBlock, byFragment) = (0, 0, 0);
        for (var request = 0; request < 200; request++)
        {
            int[] prompt = [.. templates[random.Next(4)].SelectMany(part => part.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => -random.Next(1 << 30))))];
            for (var at = 0; at + 64 <= prompt.Length; at += 64)
                byBlock += blocks.Add(string.Join(' ', prompt.AsSpan(at, 64).ToArray())) ? 0 : 64;
            var hits = rig.Find(prompt);
            Assert.All(hits, hit => Assert.True(prompt.AsSpan(hit.Start, hit.Length).SequenceEqual(hit.Run.Tokens.Span.Slice(hit.RunStart, hit.Length))));
            byFragment += hits.Sum(hit => hit.Length);
            total += prompt.Length;
            if (request < 40)
                rig.Index.Add(rig.Scope, prompt, 0, rig.Write(prompt.Length), 0, null);
        }

        output.WriteLine($"of {total} tokens {byFragment} as fragments, {byBlock} as blocks");
        Assert.True(byFragment >= 1.5 * byBlock, $"{byFragment} tokens as fragments, {byBlock} as blocks");
        Assert.True(byFragment >= 0.7 * total, $"{byFragment} of {total} tokens");
    }

    [Fact]
    public void NewestVariant_IsNamed()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 64 });
        var text = ChunkRig.Tokens(1, 64);
        rig.Add(text, ChunkRig.Behind(1));
        var newest = rig.Add(text, ChunkRig.Behind(2))!;
        Assert.Same(newest, Assert.Single(rig.Find(text)).Run);
        Assert.Equal(4, Fragments(rig).Entries); // one a window, whatever the number of variants
    }

    [Fact]
    public void NewTextWithAWornHeader_IsStillFoundWhole()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 4096 });
        var header = ChunkRig.Tokens(1, 32);
        for (var i = 0; i < 100; i++)
            rig.Add([.. header, .. ChunkRig.Tokens(2 + i, 64)]);
        foreach (var i in new[] { 99, 95, 0 })
        {
            var hits = rig.Find([.. header, .. ChunkRig.Tokens(2 + i, 64)]);
            Assert.Equal(96, hits.Sum(hit => hit.Length));
            Assert.Equal(i == 0 ? 2 : 1, hits.Count); // the header's first places are forgotten; its text is found in a newer one
        }
    }

    [Fact]
    public void OneTokenRepeated_HasFewPlaces_AndIsFoundInOnePiece()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 16_384 }, capacity: 16_384);
        var text = new int[100_000];
        Array.Fill(text, 5);
        rig.Add(text);
        rig.Add([.. text.AsSpan(0, 50_000), 6]);
        Assert.True(Fragments(rig).Entries <= 8 + 1, $"{Fragments(rig).Entries} entries");
        Assert.Equal((0, 90_000), Assert.Single(rig.Find(text[..90_000]).Select(hit => (hit.Start, hit.Length))));

        // A prompt that breaks off every 31 tokens offers a candidate at every position and yields nothing.
        var broken = new int[100_000];
        for (var i = 0; i < broken.Length; i++)
            broken[i] = i % 32 == 31 ? 9 : 5;
        Assert.Empty(rig.Find(broken));
        rig.Index.Clear();
        Assert.Equal(0, rig.Pool.UsedBlocks);
    }

    [Fact]
    public void ShortTexts_AreNoFragments()
    {
        using var rig = new ChunkRig(new() { MaxBlocks = 64 });
        var text = ChunkRig.Tokens(1, 31);
        rig.Add(text);
        Assert.Empty(rig.Find(text));
        Assert.Single(rig.Variants(text));
        Assert.Equal(0, Fragments(rig).Entries);
    }

    private static FragmentIndex Fragments(ChunkRig rig) =>
        Assert.Single(Support.Private.Field<Dictionary<BlockKey, ScopeShelf>>(rig.Index, "_shelves")).Value.Fragments;
}

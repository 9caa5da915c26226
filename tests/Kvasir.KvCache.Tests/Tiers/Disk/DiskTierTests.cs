using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

public sealed class DiskTierTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly CacheOnDisk _cache = new();

    public static TheoryData<KvDataType, int> Layouts
    {
        get
        {
            var data = new TheoryData<KvDataType, int>();
            foreach (var type in Enum.GetValues<KvDataType>())
            {
                foreach (var layers in new[] { 1, 2, 3, 5 })
                    data.Add(type, layers);
            }

            return data;
        }
    }

    public void Dispose() => _cache.Dispose();

    [Theory]
    [MemberData(nameof(Layouts))]
    public void WhatWasStored_ComesBackBitForBit_AlsoAfterARestart(KvDataType type, int layersPerRecord)
    {
        using var cache = new CacheOnDisk(new ChunkGeometry(new KvLayout(5, 2, 32, type, 16), layersPerRecord));
        using var chunk = new TestChunk(cache.Geometry, 1, blocks: 3);
        using var other = new TestChunk(cache.Geometry, 2, blocks: 1, tenant: "");
        using (var tier = cache.Open())
        {
            Assert.Equal(StoreResult.Stored, chunk.StoreIn(tier));
            Assert.Equal(StoreResult.Stored, other.StoreIn(tier));
            Assert.Equal(StoreResult.Present, chunk.StoreIn(tier));
            Assert.True(chunk.IsIn(tier) && other.IsIn(tier));
        }

        using var reopened = cache.Open();
        Assert.True(chunk.IsIn(reopened) && other.IsIn(reopened));
        Assert.Equal(cache.ObjectFiles.Sum(file => new FileInfo(file).Length), reopened.Status.Bytes);
        reopened.CheckIntegrity();
    }

    [Fact]
    public void Listing_SaysWhatTheBooksSay_AndSurvivesARestart()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1, first: 32);
        TierEntry before;
        using (var tier = _cache.Open())
        {
            chunk.StoreIn(tier);
            _cache.Time.Advance(Minute);
            Assert.True(chunk.IsIn(tier));
            before = Assert.Single(tier.List());
            Assert.Equal((chunk.Descriptor.Key, "alice", 32, 32, 1L, false), (before.Key, before.Tenant, before.FirstToken, before.Tokens, before.Uses, before.Pinned));
            Assert.Equal(before.Created + Minute, before.LastUse);
        }

        using var reopened = _cache.Open();
        Assert.Equal(before, Assert.Single(reopened.List()));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("torn")]
    [InlineData("flipped")]
    [InlineData("stale")]
    public void WithoutAGoodIndex_TheFolderIsLookedThrough(string state)
    {
        var chunks = Enumerable.Range(1, 5).Select(seed => new TestChunk(_cache.Geometry, seed)).ToArray();
        byte[] index;
        using (var tier = _cache.Open())
        {
            chunks[0].StoreIn(tier);
            chunks[1].StoreIn(tier);
        }

        index = File.ReadAllBytes(_cache.IndexPath);
        using (var tier = _cache.Open())
        {
            foreach (var chunk in chunks)
                chunk.StoreIn(tier);
            tier.Remove(chunks[0].Descriptor.Key);
        }

        switch (state)
        {
            case "missing":
                File.Delete(_cache.IndexPath);
                break;
            case "torn":
                File.WriteAllBytes(_cache.IndexPath, File.ReadAllBytes(_cache.IndexPath)[..^9]);
                break;
            case "flipped":
                var bytes = File.ReadAllBytes(_cache.IndexPath);
                bytes[40] ^= 1;
                File.WriteAllBytes(_cache.IndexPath, bytes);
                break;
            case "stale":
                File.WriteAllBytes(_cache.IndexPath, index);
                break;
        }

        using var reopened = _cache.Open();
        Assert.False(reopened.Contains(chunks[0].Descriptor.Key));
        Assert.All(chunks[1..], chunk => Assert.True(chunk.IsIn(reopened)));
        reopened.CheckIntegrity();
        Array.ForEach(chunks, chunk => chunk.Dispose());
    }

    [Fact]
    public void WhatAKillLeftHalfWritten_IsRemoved_AndOtherFilesAreLeftAlone()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        var file = Assert.Single(_cache.ObjectFiles);
        File.WriteAllText(file + ".tmp", "half");
        var foreign = Path.Combine(Path.GetDirectoryName(file)!, "notes.txt");
        File.WriteAllText(foreign, "not ours");
        using var reopened = _cache.Open();
        Assert.True(chunk.IsIn(reopened));
        Assert.Equal([file, foreign], _cache.ObjectFiles.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AStoreThatIsCutOff_NeverHasTheRealName()
    {
        var files = new FaultyFiles(new Random(1)) { Room = 700, FailDelete = true };
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open(files))
        {
            Assert.Equal(StoreResult.NoRoom, chunk.StoreIn(tier));
            Assert.EndsWith(".tmp", Assert.Single(_cache.ObjectFiles), StringComparison.Ordinal);
            files.FailDelete = false;
            tier.Maintain();
            Assert.Empty(_cache.ObjectFiles);
        }
    }

    [Fact]
    public void TwoFilesOfOneKey_AreOneObject()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        var old = Assert.Single(_cache.ObjectFiles);
        var bytes = File.ReadAllBytes(old);
        File.Delete(old);
        _cache.Time.Advance(Minute);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        File.WriteAllBytes(old, bytes);
        using var reopened = _cache.Open();
        Assert.True(chunk.IsIn(reopened));
        Assert.NotEqual(old, Assert.Single(_cache.ObjectFiles));
        reopened.CheckIntegrity();
    }

    [Fact]
    public void AFolderThatCannotBeWritten_FailsTheStore_NotTheProgram()
    {
        using var tier = _cache.Open();
        using var chunk = new TestChunk(_cache.Geometry, 1);
        Directory.Delete(Path.Combine(_cache.Options.Folder, "objects"));
        File.WriteAllText(Path.Combine(_cache.Options.Folder, "objects"), "a file where a folder should be");
        Assert.Equal(StoreResult.Failed, chunk.StoreIn(tier));
        Assert.Equal((0L, 1L), (tier.Status.Bytes, tier.Status.Failures));
        tier.CheckIntegrity();
    }

    [Fact]
    public void ADurableTier_FlushesBeforeItNames()
    {
        _cache.Options = _cache.Options with { Durable = true };
        var files = new FaultyFiles(new Random(1));
        using var tier = _cache.Open(files);
        using var chunk = new TestChunk(_cache.Geometry, 1);
        files.FailFlush = true;
        Assert.Equal(StoreResult.Failed, chunk.StoreIn(tier));
        Assert.Empty(_cache.ObjectFiles);
        files.FailFlush = false;
        Assert.Equal(StoreResult.Stored, chunk.StoreIn(tier));
        Assert.True(chunk.IsIn(tier));
    }

    [Fact]
    public void AChunkThatIsNone_IsTheCallersMistake()
    {
        using var tier = _cache.Open();
        using var chunk = new TestChunk(_cache.Geometry, 1);
        Assert.Throws<ArgumentException>(() => tier.Store(chunk.Descriptor with { Tokens = new int[5] }, chunk));
        Assert.Throws<ArgumentException>(() => tier.Store(chunk.Descriptor with { Tokens = default }, chunk));
        Assert.Throws<ArgumentException>(() => tier.Store(chunk.Descriptor with { Tenant = new string('x', 161) }, chunk));
    }

    [Fact]
    public async Task ManyThreads_StoreReadAndRemove_WithoutAWrongByte()
    {
        var bytes = ObjectLayout.FileBytes(_cache.Geometry, 2 * _cache.Geometry.Layout.BlockRows);
        _cache.Options = _cache.Options with { CapacityBytes = 6 * bytes };
        using var tier = _cache.Open();
        var chunks = Enumerable.Range(0, 12).Select(seed => new TestChunk(_cache.Geometry, seed)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 300; i++)
            {
                var chunk = chunks[random.Next(chunks.Length)];
                using var pin = tier.TryPin(chunk.Descriptor.Key, "worker", Minute);
                if (pin is not null)
                    Assert.True(chunk.IsIn(tier, pin));
                else
                    chunk.StoreIn(tier);
                if (random.Next(10) == 0)
                    tier.Remove(chunk.Descriptor.Key);
            }
        })));
        Assert.Equal((0, 0L, 0L), (tier.Status.Pins, tier.Status.Damaged, tier.Status.Failures));
        Assert.Equal(tier.Status.Bytes, _cache.ObjectFiles.Sum(file => new FileInfo(file).Length));
        tier.CheckIntegrity();
        Array.ForEach(chunks, chunk => chunk.Dispose());
    }
}

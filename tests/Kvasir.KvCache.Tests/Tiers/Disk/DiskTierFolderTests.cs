using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>Who may open a folder, and what is said to who may not.</summary>
public sealed class DiskTierFolderTests : IDisposable
{
    private readonly CacheOnDisk _cache = new();

    private string MasterKeyPath => Path.Combine(_cache.Options.KeyFolder, "master.key");

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void OnlyOneMayWrite_AndTheOtherIsToldWho()
    {
        using (_cache.Open())
        {
            var error = Assert.Throws<CacheFolderException>(_cache.Open);
            Assert.Contains($"in use by process {Environment.ProcessId} on ", error.Message, StringComparison.Ordinal);
        }

        _cache.Open().Dispose();
    }

    [Fact]
    public void WhoOnlyReads_MayLookBesideTheWriter_AndChangesNothing()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using var writer = _cache.Open();
        chunk.StoreIn(writer);
        _cache.Options = _cache.Options with { ReadOnly = true, CapacityBytes = 1, TimeToLive = TimeSpan.FromSeconds(1) };
        using (var reader = _cache.Open())
        {
            Assert.True(chunk.IsIn(reader));
            Assert.Throws<InvalidOperationException>(() => chunk.StoreIn(reader));
            Assert.Throws<InvalidOperationException>(() => reader.Remove(chunk.Descriptor.Key));
            Assert.Throws<InvalidOperationException>(() => reader.Keep(chunk.Descriptor.Key, "me"));
            Assert.Throws<InvalidOperationException>(reader.Maintain);
            _cache.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.False(reader.Contains(chunk.Descriptor.Key));
        }

        Assert.True(chunk.IsIn(writer));
        Assert.False(File.Exists(_cache.IndexPath));
    }

    [Fact]
    public void ReadingWhereThereIsNothing_MakesNothing()
    {
        _cache.Options = _cache.Options with { ReadOnly = true };
        Assert.Contains("is no cache", Assert.Throws<CacheFolderException>(_cache.Open).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_cache.Root));
    }

    [Fact]
    public void AnotherModelsFolder_IsRefused_WithTheDifference()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        var ours = _cache.Options.Identity;
        var layout = ours.Geometry.Layout;
        foreach (var (theirs, word) in new[]
        {
            (CacheOnDisk.Identity(model: "cd"), "another model"),
            (ours with { NumericsProfile = "gpu/1" }, "another numerics profile"),
            (ours with { Geometry = ours.Geometry with { Layout = layout with { Type = KvDataType.F16 } } }, "another layout"),
            (ours with { Geometry = ours.Geometry with { LayersPerRecord = 2 } }, "layers a record"),
        })
        {
            _cache.Options = _cache.Options with { Identity = theirs };
            Assert.Contains(word, Assert.Throws<CacheFolderException>(_cache.Open).Message, StringComparison.Ordinal);
        }

        _cache.Options = _cache.Options with { Identity = ours };
        using var reopened = _cache.Open();
        Assert.True(chunk.IsIn(reopened));
    }

    [Fact]
    public void TheKeyFile_IsItsOwnersAlone()
    {
        _cache.Open().Dispose();
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(MasterKeyPath));
        File.SetUnixFileMode(MasterKeyPath, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains($"chmod 600 {MasterKeyPath}", Assert.Throws<CacheFolderException>(_cache.Open).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(MasterKeyPath, UnixFileMode.UserRead);
        _cache.Open().Dispose();
    }

    [Fact]
    public void OfManyThatMakeTheKeyAtOnce_OneWins()
    {
        var ids = new string[8];
        Parallel.For(0, ids.Length, i => ids[i] = MasterKey.Open(_cache.Options.KeyFolder, create: true).Id);
        Assert.Single(ids.Distinct());
        Assert.Equal([MasterKeyPath], Directory.GetFiles(_cache.Options.KeyFolder));
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("another")]
    [InlineData("short")]
    public void WithoutItsKey_ACacheIsRefused_AndNotEmptied(string state)
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        var key = File.ReadAllBytes(MasterKeyPath);
        var changed = (byte[])key.Clone();
        changed[^1] ^= 1;
        File.Delete(MasterKeyPath);
        if (state != "lost")
            WritePrivately(state == "another" ? changed : key[..^1]);
        Assert.Throws<CacheFolderException>(_cache.Open);
        File.Delete(MasterKeyPath);
        WritePrivately(key);
        using var reopened = _cache.Open();
        Assert.True(chunk.IsIn(reopened));
    }

    [Fact]
    public void LinksOutOfTheFolder_AreNotFollowed()
    {
        using var outside = new CacheOnDisk();
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        var file = Assert.Single(_cache.ObjectFiles);
        var part = Path.GetDirectoryName(file)!;
        var elsewhere = Path.Combine(outside.Root, "part");
        Directory.Move(part, elsewhere);
        Directory.CreateSymbolicLink(part, elsewhere);
        using (var reopened = _cache.Open())
        {
            Assert.Empty(reopened.List());
            Assert.Equal(StoreResult.Failed, chunk.StoreIn(reopened));
        }

        Directory.Delete(part);
        Directory.CreateDirectory(part);
        File.CreateSymbolicLink(file, Path.Combine(elsewhere, Path.GetFileName(file)));
        using (var reopened = _cache.Open())
            Assert.Empty(reopened.List());
        Assert.Single(Directory.GetFiles(elsewhere));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[[[[[[[[")]
    [InlineData("")]
    [InlineData("""{"format":1,"model":"x","profile":"p","layout":{"layers":1,"kvHeads":1,"headDim":2,"type":"F32","blockRows":16,"layersPerRecord":1},"key":""}""")]
    [InlineData("""{"format":1,"model":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","profile":"p","layout":{"layers":65536,"kvHeads":65536,"headDim":65536,"type":"F32","blockRows":65536,"layersPerRecord":1},"key":""}""")]
    public void ADamagedStoreFile_IsRefused(string text)
    {
        _cache.Open().Dispose();
        File.WriteAllText(Path.Combine(_cache.Options.Folder, "store.json"), text);
        Assert.Throws<CacheFolderException>(_cache.Open);
    }

    [Fact]
    public void IdentitiesThatNoStoreCanHave_AreRefused()
    {
        var layout = TestLayouts.Small;
        Assert.All(
            [
                CacheOnDisk.Identity() with { ModelFingerprint = "abc" },
                CacheOnDisk.Identity() with { NumericsProfile = "" },
                CacheOnDisk.Identity(new ChunkGeometry(layout, 0)),
                CacheOnDisk.Identity(new ChunkGeometry(layout, 3)),
                CacheOnDisk.Identity(new ChunkGeometry(layout with { Type = (KvDataType)77 }, 1)),
            ],
            identity => Assert.Throws<ArgumentException>(identity.Validate));
    }

    private void WritePrivately(byte[] bytes)
    {
        File.WriteAllBytes(MasterKeyPath, bytes);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(MasterKeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

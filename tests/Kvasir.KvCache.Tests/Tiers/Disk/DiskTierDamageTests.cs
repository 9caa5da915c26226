using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>Files that were changed, cut, swapped or forged: always a miss, never an answer.</summary>
public sealed class DiskTierDamageTests : IDisposable
{
    private readonly CacheOnDisk _cache = new(new ChunkGeometry(TestLayouts.Small, 1));

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void EverySingleByteFlip_IsDetected()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1, blocks: 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        var file = Assert.Single(_cache.ObjectFiles);
        var good = File.ReadAllBytes(file);
        var index = File.ReadAllBytes(_cache.IndexPath);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = (byte[])good.Clone();
            bad[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(file, bad);
            File.WriteAllBytes(_cache.IndexPath, index);
            using var tier = _cache.Open();
            var fault = Assert.Throws<TierException>(() => chunk.IsIn(tier)).Fault;
            Assert.True(fault == TierFault.Damaged, $"byte {i} of {good.Length}: {fault}");
            Assert.False(tier.Contains(chunk.Descriptor.Key), $"byte {i}: the damaged object is offered again");
            Assert.True(tier.Status.Damaged == 1 && tier.Status.Bytes == 0 && !File.Exists(file), $"byte {i}: the damaged object was not dropped");
        }
    }

    [Fact]
    public void ADamagedHeader_IsDroppedWhenTheFolderIsLookedThrough()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = _cache.Open())
            chunk.StoreIn(tier);
        File.Delete(_cache.IndexPath);
        var file = Assert.Single(_cache.ObjectFiles);
        var bytes = File.ReadAllBytes(file);
        bytes[130] ^= 1;
        File.WriteAllBytes(file, bytes);
        using var reopened = _cache.Open();
        Assert.Equal((0L, 1L), (reopened.Status.Objects, reopened.Status.Damaged));
        Assert.Empty(_cache.ObjectFiles);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(600)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void OtherLengths_AreRefused_WithAndWithoutTheIndex(int length)
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        foreach (var whileOpen in new[] { true, false })
        {
            using (var tier = _cache.Open())
            {
                chunk.StoreIn(tier);
                if (whileOpen)
                {
                    SetLength(Assert.Single(_cache.ObjectFiles), length);
                    Assert.Equal(TierFault.Damaged, Assert.Throws<TierException>(() => chunk.IsIn(tier)).Fault);
                    chunk.StoreIn(tier);
                }
            }

            SetLength(Assert.Single(_cache.ObjectFiles), length);
            using var reopened = _cache.Open();
            Assert.Equal((0L, 1L), (reopened.Status.Objects, reopened.Status.Damaged));
        }
    }

    [Fact]
    public void FilesSwappedBetweenKeys_AreFound()
    {
        using var first = new TestChunk(_cache.Geometry, 1);
        using var second = new TestChunk(_cache.Geometry, 2);
        using (var tier = _cache.Open())
        {
            first.StoreIn(tier);
            second.StoreIn(tier);
        }

        var files = _cache.ObjectFiles;
        var (a, b) = (File.ReadAllBytes(files[0]), File.ReadAllBytes(files[1]));
        File.WriteAllBytes(files[0], b);
        File.WriteAllBytes(files[1], a);
        using (var tier = _cache.Open())
            Assert.Equal(TierFault.Damaged, Assert.Throws<TierException>(() => first.IsIn(tier)).Fault);
        File.WriteAllBytes(files[0], b);
        File.Delete(_cache.IndexPath);
        using var reopened = _cache.Open();
        Assert.Equal((0L, 2L), (reopened.Status.Objects, reopened.Status.Damaged));
    }

    [Fact]
    public void RecordsSwappedWithinAnObject_OrTakenFromAnOlderOne_AreFound()
    {
        using var chunk = new TestChunk(_cache.Geometry, 1);
        byte[] older;
        using (var tier = _cache.Open())
        {
            chunk.StoreIn(tier);
            older = File.ReadAllBytes(Assert.Single(_cache.ObjectFiles));
            tier.Remove(chunk.Descriptor.Key);
            chunk.StoreIn(tier);
        }

        var file = Assert.Single(_cache.ObjectFiles);
        var good = File.ReadAllBytes(file);
        var tokens = chunk.Descriptor.Tokens.Length;
        var (first, second) = ((int)ObjectLayout.RecordOffset(_cache.Geometry, tokens, 0, 0), (int)ObjectLayout.RecordOffset(_cache.Geometry, tokens, 1, 1));
        var bytes = _cache.Geometry.RecordBytes(0) + ObjectLayout.TagBytes;

        var swapped = (byte[])good.Clone();
        good.AsSpan(first, bytes).CopyTo(swapped.AsSpan(second));
        good.AsSpan(second, bytes).CopyTo(swapped.AsSpan(first));
        ExpectDamage(swapped);

        // The same key and the same plain bytes, sealed at another time: the object's own key is another.
        var mixed = (byte[])good.Clone();
        older.AsSpan(first, bytes).CopyTo(mixed.AsSpan(first));
        ExpectDamage(mixed);

        void ExpectDamage(byte[] content)
        {
            File.WriteAllBytes(file, content);
            using (var tier = _cache.Open())
                Assert.Equal(TierFault.Damaged, Assert.Throws<TierException>(() => chunk.IsIn(tier)).Fault);
            File.WriteAllBytes(file, good);
        }
    }

    [Fact]
    public void AnotherCachesObject_IsNotTaken()
    {
        using var theirs = new CacheOnDisk(_cache.Geometry);
        using var chunk = new TestChunk(_cache.Geometry, 1);
        using (var tier = theirs.Open())
            chunk.StoreIn(tier);
        var file = Assert.Single(theirs.ObjectFiles);
        _cache.Open().Dispose();
        var copy = Path.Combine(_cache.Options.Folder, "objects", chunk.Descriptor.Key.ToString()[..2], Path.GetFileName(file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
        using var reopened = _cache.Open();
        Assert.Equal((0L, 1L), (reopened.Status.Objects, reopened.Status.Damaged));
    }

    [Fact]
    public void AnObjectOfAnotherLayout_WithTheSameKeyFile_IsNotTaken()
    {
        var other = new DiskTierOptions
        {
            Folder = Path.Combine(_cache.Root, "other"),
            KeyFolder = _cache.Options.KeyFolder,
            Identity = CacheOnDisk.Identity(new ChunkGeometry(TestLayouts.Small, 2)),
        };
        using var chunk = new TestChunk(other.Identity.Geometry, 1);
        using (var tier = new DiskTier(other, new ListPolicy()))
            chunk.StoreIn(tier);
        _cache.Open().Dispose();
        Directory.Delete(Path.Combine(_cache.Options.Folder, "objects"), recursive: true);
        Directory.Move(Path.Combine(other.Folder, "objects"), Path.Combine(_cache.Options.Folder, "objects"));
        using var reopened = _cache.Open();
        Assert.Equal((0L, 1L), (reopened.Status.Objects, reopened.Status.Damaged));
    }

    [Fact]
    public void AMediumThatFails_IsUnavailable_AndKeepsTheObject()
    {
        var files = new FaultyFiles(new Random(1));
        using var tier = _cache.Open(files);
        using var chunk = new TestChunk(_cache.Geometry, 1);
        chunk.StoreIn(tier);
        files.Rate = 1;
        Assert.Equal(TierFault.Unavailable, Assert.Throws<TierException>(() => chunk.IsIn(tier)).Fault);
        files.Rate = 0;
        Assert.True(chunk.IsIn(tier));
        Assert.Equal(1, tier.Status.Failures);
    }

    private static void SetLength(string path, int change)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(change is -1 or 1 or 100_000 ? file.Length + change : change);
    }
}

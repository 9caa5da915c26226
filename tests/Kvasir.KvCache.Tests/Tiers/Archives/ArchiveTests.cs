using System.Security.Cryptography;
using Kvasir.KvCache.Tests.Tiers.Disk;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Archives;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tiers.Archives;

public sealed class ArchiveTests : IDisposable
{
    private const string Passphrase = "correct horse";
    private readonly CacheOnDisk _here = new(new ChunkGeometry(new KvLayout(5, 2, 32, KvDataType.Q8_0, 16), 2));
    private readonly CacheOnDisk _there = new(new ChunkGeometry(new KvLayout(5, 2, 32, KvDataType.Q8_0, 16), 3));
    private readonly TestChunk[] _chunks;

    public ArchiveTests() => _chunks = [.. Enumerable.Range(1, 3).Select(seed => Chunk(_here.Geometry, seed))];

    private string ArchivePath => Path.Combine(_here.Root, "cache.kvar");

    public void Dispose()
    {
        Array.ForEach(_chunks, chunk => chunk.Dispose());
        _here.Dispose();
        _there.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Passphrase)]
    public void WhatIsExported_IsTheSameBitsWhereItIsImported_HoweverItIsCut(string? passphrase)
    {
        var manifest = Export(passphrase);
        Assert.Equal(3, manifest.Objects.Count);
        using var archive = ArchiveReader.Open(ArchivePath);
        Assert.Equal((passphrase is not null, "lora/1;abc", manifest.Signer), (archive.Sealed, archive.Manifest.Adapter, archive.Manifest.Signer));
        archive.CheckFits(_there.Options.Identity);
        archive.Unlock(passphrase);
        using (var tier = _there.Open())
        {
            Assert.All(archive.Manifest.Objects, item => Assert.Equal(StoreResult.Stored, archive.CopyTo(item, tier)));
            Assert.All(archive.Manifest.Objects, item => Assert.Equal(StoreResult.Present, archive.CopyTo(item, tier)));

            // Other records there, the same bytes.
            Assert.All(_chunks, chunk => Assert.True(SameBytes(chunk, tier)));
        }

        Assert.Equal(passphrase is null, ContainsPlainRows());
    }

    [Fact]
    public void OtherModelsProfilesAndLayouts_AreRefused_WithTheReason()
    {
        Export(null);
        using var archive = ArchiveReader.Open(ArchivePath);
        var ours = _here.Options.Identity;
        var layout = ours.Geometry.Layout;
        Expect(ArchiveFault.OtherModel, () => archive.CheckFits(ours with { ModelFingerprint = new string('1', 64) }));
        Expect(ArchiveFault.OtherProfile, () => archive.CheckFits(ours with { NumericsProfile = "gpu/1" }));
        Expect(ArchiveFault.OtherLayout, () => archive.CheckFits(ours with { Geometry = ours.Geometry with { Layout = layout with { KvHeads = 3 } } }));
        using var elsewhere = new CacheOnDisk();
        using var tier = elsewhere.Open();
        Expect(ArchiveFault.OtherLayout, () => archive.CopyTo(archive.Manifest.Objects[0], tier));
    }

    [Fact]
    public void AnUnknownSigner_IsRefused_UntilItIsTrusted()
    {
        var signer = Export(null).Signer;
        using var archive = ArchiveReader.Open(ArchivePath);
        archive.CheckSigner(TrustList.Open(_here.Options.KeyFolder));
        var error = Expect(ArchiveFault.UnknownSigner, () => archive.CheckSigner(TrustList.Open(_there.Options.KeyFolder)));
        Assert.Contains(signer, error.Message, StringComparison.Ordinal);
        var trust = TrustList.Open(_there.Options.KeyFolder);
        Assert.True(trust.Add(signer.ToUpperInvariant(), "the builder"));
        Assert.False(trust.Add(signer, "again"));
        archive.CheckSigner(TrustList.Open(_there.Options.KeyFolder));
        Assert.Equal(new TrustedKey(signer, "the builder"), Assert.Single(TrustList.Open(_there.Options.KeyFolder).Keys));
        Assert.Throws<ArgumentException>(() => trust.Add("abc", ""));
        Assert.Throws<ArgumentException>(() => trust.Add(new string('a', 64), "two\nlines"));
    }

    [Fact]
    public void ATrustListThatOthersMayWrite_OrThatIsNone_IsRefused()
    {
        TrustList.Open(_there.Options.KeyFolder).Add(new string('a', 64), "");
        var path = Path.Combine(_there.Options.KeyFolder, "trusted.keys");
        File.AppendAllText(path, "# a comment\n\nnonsense\n");
        Assert.Contains("line 4", Assert.Throws<CacheFolderException>(() => TrustList.Open(_there.Options.KeyFolder)).Message, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherWrite);
        Assert.Contains("chmod 600", Assert.Throws<CacheFolderException>(() => TrustList.Open(_there.Options.KeyFolder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongAndMissingPassphrases_AreToldFromDamage()
    {
        Export(Passphrase);
        using var archive = ArchiveReader.Open(ArchivePath);
        using var tier = _there.Open();
        Expect(ArchiveFault.WrongPassphrase, () => archive.Unlock(null));
        Expect(ArchiveFault.WrongPassphrase, () => archive.CopyTo(archive.Manifest.Objects[0], tier));
        archive.Unlock("wrong");
        Expect(ArchiveFault.WrongPassphrase, () => archive.CopyTo(archive.Manifest.Objects[0], tier));
        Assert.Empty(tier.List());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 97)]
    public void ByteFlipsAndCuts_AreDetected(int seed, int step)
    {
        Export(null, count: 1);
        var good = File.ReadAllBytes(ArchivePath);
        var random = new Random(seed);
        var signedFrom = (int)ArchiveHeader.Parse(good, good.Length).ManifestOffset;
        using var tier = _there.Open();

        // Every byte of header, manifest and signature; the rows, which one hash covers, here and there.
        for (var i = 0; i < good.Length; i += i is >= ArchiveHeader.Size && i < signedFrom - 997 ? 997 : step)
        {
            var bad = (byte[])good.Clone();
            bad[i] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(ArchivePath, bad);
            Assert.True(IsRefused(tier), $"seed {seed}: a flip in byte {i} of {good.Length} was not found");
        }

        foreach (var length in new[] { 0, 10, ArchiveHeader.Size, ArchiveHeader.Size + 1, signedFrom, good.Length - 1 })
        {
            File.WriteAllBytes(ArchivePath, good[..length]);
            Assert.True(IsRefused(tier), $"a cut at byte {length} was not found");
        }

        File.WriteAllBytes(ArchivePath, [.. good, 0]);
        Assert.True(IsRefused(tier), "a trailing byte was not found");
        Assert.Empty(tier.List());
        File.WriteAllBytes(ArchivePath, good);
        Assert.False(IsRefused(tier));
    }

    [Fact]
    public void AManifestSignedByAnotherKey_IsAWrongSignature_AndAReSignedOneAnUnknownSigner()
    {
        Export(null, count: 1);
        var good = File.ReadAllBytes(ArchivePath);
        var header = ArchiveHeader.Parse(good, good.Length);
        using var mallory = SigningKey.Open(Path.Combine(_there.Root, "mallory"));
        var signed = good.AsSpan(0, ArchiveHeader.Size).ToArray().Concat(good.AsSpan((int)header.ManifestOffset, header.ManifestBytes).ToArray()).ToArray();
        var forged = (byte[])good.Clone();
        mallory.Sign(signed).CopyTo(forged, good.Length - SigningKey.SignatureBytes);
        File.WriteAllBytes(ArchivePath, forged);
        Expect(ArchiveFault.WrongSignature, () => ArchiveReader.Open(ArchivePath));

        // Mallory may sign anything with a key of its own; then the archive is Mallory's.
        var manifest = ArchiveManifest.Parse(good.AsMemory((int)header.ManifestOffset, header.ManifestBytes)) with { PublicKey = mallory.PublicKey };
        var bytes = manifest.ToBytes();
        var newHeader = (header with { ManifestBytes = bytes.Length }).ToBytes();
        File.WriteAllBytes(ArchivePath, [.. newHeader, .. good[ArchiveHeader.Size..(int)header.ManifestOffset], .. bytes, .. mallory.Sign([.. newHeader, .. bytes])]);
        using var archive = ArchiveReader.Open(ArchivePath);
        Expect(ArchiveFault.UnknownSigner, () => archive.CheckSigner(TrustList.Open(_here.Options.KeyFolder)));
    }

    [Theory]
    [InlineData("offset")]
    [InlineData("tokens")]
    [InlineData("info")]
    [InlineData("bytes")]
    [InlineData("twice")]
    [InlineData("missing")]
    public void AManifestThatMakesNoSense_IsRefused_EvenWhenItsSignatureIsRight(string lie)
    {
        Export(null, count: 2);
        var good = File.ReadAllBytes(ArchivePath);
        var header = ArchiveHeader.Parse(good, good.Length);
        using var key = SigningKey.Open(_here.Options.KeyFolder);
        var manifest = ArchiveManifest.Parse(good.AsMemory((int)header.ManifestOffset, header.ManifestBytes));
        var (first, second) = (manifest.Objects[0], manifest.Objects[1]);
        manifest = manifest with
        {
            Objects = lie switch
            {
                "offset" => [first, second with { Offset = first.Offset }],
                "tokens" => [first with { Tokens = int.MaxValue - 15 }, second],
                "info" => [first with { InfoBytes = -5 }, second],
                "bytes" => [first with { Bytes = long.MaxValue }, second],
                "twice" => [first, second with { Key = first.Key }],
                _ => [first],
            },
        };
        var bytes = manifest.ToBytes();
        var newHeader = (header with { ManifestBytes = bytes.Length }).ToBytes();
        File.WriteAllBytes(ArchivePath, [.. newHeader, .. good[ArchiveHeader.Size..(int)header.ManifestOffset], .. bytes, .. key.Sign([.. newHeader, .. bytes])]);
        Expect(ArchiveFault.Damaged, () => ArchiveReader.Open(ArchivePath));
    }

    [Fact]
    public void AnExportThatIsBrokenOff_LeavesNoFile()
    {
        using var tier = _here.Open();
        Array.ForEach(_chunks, chunk => chunk.StoreIn(tier));
        using var key = SigningKey.Open(_here.Options.KeyFolder);
        using (var writer = new ArchiveWriter(ArchivePath, _here.Options.Identity, null, key))
        {
            Assert.True(writer.Add(tier, _chunks[0].Descriptor.Key));
            Assert.False(writer.Add(tier, _chunks[0].Descriptor.Key));
            Assert.False(writer.Add(tier, TestChunk.KeyOf(999)));
        }

        Assert.Equal(["keys", "store"], Directory.GetFileSystemEntries(_here.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(0, tier.Status.Pins);
    }

    [Fact]
    public void TheSigningKey_IsMadeOnce_AndIsItsOwnersAlone()
    {
        using (var first = SigningKey.Open(_here.Options.KeyFolder))
        using (var second = SigningKey.Open(_here.Options.KeyFolder))
            Assert.Equal(first.Fingerprint, second.Fingerprint);
        var path = Path.Combine(_here.Options.KeyFolder, "signing.key");
        using (var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384))
            File.WriteAllText(path, p384.ExportPkcs8PrivateKeyPem());
        Assert.Contains("P-256", Assert.Throws<CacheFolderException>(() => SigningKey.Open(_here.Options.KeyFolder)).Message, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Throws<CacheFolderException>(() => SigningKey.Open(_here.Options.KeyFolder)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void QuarantinedObjects_AreNotServed_UntilTheyArePromoted()
    {
        var signer = Export(null).Signer;
        using var archive = ArchiveReader.Open(ArchivePath);
        using var tier = _there.Open();
        using (var quarantine = Quarantine.Open(_there.Options, new ListPolicy(), signer))
        {
            Assert.All(archive.Manifest.Objects, item => Assert.Equal(StoreResult.Stored, archive.CopyTo(item, quarantine.Tier)));
            Assert.All(_chunks, chunk => Assert.False(tier.Contains(chunk.Descriptor.Key)));
        }

        Assert.Equal([signer], Quarantine.Signers(_there.Options.Folder));
        using (var quarantine = Quarantine.Open(_there.Options, new ListPolicy(), signer))
        {
            Assert.Equal(3, quarantine.Tier.List().Count);
            Assert.True(SameBytes(_chunks[0], quarantine.Tier));
            Assert.Equal(StoreResult.Stored, quarantine.Promote(_chunks[0].Descriptor.Key, tier));
            Assert.Equal(TierFault.Missing, Assert.Throws<TierException>(() => quarantine.Promote(_chunks[0].Descriptor.Key, tier)).Fault);
            Assert.True(quarantine.Drop(_chunks[1].Descriptor.Key));
            quarantine.DropAll();
            Assert.Empty(quarantine.Tier.List());
        }

        Assert.True(SameBytes(_chunks[0], tier));
        Assert.Equal(_chunks[0].Descriptor.Key, Assert.Single(tier.List()).Key);
    }

    private static TestChunk Chunk(ChunkGeometry geometry, int seed) => new(geometry, seed, blocks: seed, tenant: $"tenant {seed}", first: 16 * seed);

    private static ArchiveException Expect(ArchiveFault fault, Action action)
    {
        var error = Assert.Throws<ArchiveException>(action);
        Assert.Equal(fault, error.Fault);
        return error;
    }

    /// <summary>Compares slice by slice: the two sides cut chunks otherwise.</summary>
    private static unsafe bool SameBytes(TestChunk chunk, IKvTier tier)
    {
        using var pin = tier.TryPin(chunk.Descriptor.Key, "test", TimeSpan.FromMinutes(1));
        if (pin is null)
            return false;
        using var found = BufferedChunk.Load(tier, pin);
        var slice = (int)tier.Geometry.Layout.SliceBytes;
        for (var block = 0; block < chunk.Descriptor.Tokens.Length / tier.Geometry.Layout.BlockRows; block++)
        {
            for (var layer = 0; layer < tier.Geometry.Layout.Layers; layer++)
            {
                var theirs = found.Record(layer / tier.Geometry.LayersPerRecord, block) + (layer % tier.Geometry.LayersPerRecord * slice);
                var ours = chunk.Record(layer / 2, block) + (layer % 2 * slice);
                if (!new ReadOnlySpan<byte>(theirs, slice).SequenceEqual(new ReadOnlySpan<byte>(ours, slice)))
                    return false;
            }
        }

        return found.Chunk with { Tokens = default } == chunk.Descriptor with { Tokens = default } && found.Chunk.Tokens.Span.SequenceEqual(chunk.Descriptor.Tokens.Span);
    }

    private ArchiveManifest Export(string? passphrase, int count = 3)
    {
        using var tier = _here.Open();
        Array.ForEach(_chunks, chunk => chunk.StoreIn(tier));
        using var key = SigningKey.Open(_here.Options.KeyFolder);
        using var writer = new ArchiveWriter(ArchivePath, _here.Options.Identity, "lora/1;abc", key, passphrase, _here.Time);
        foreach (var chunk in _chunks[..count])
            Assert.True(writer.Add(tier, chunk.Descriptor.Key));
        return writer.Complete();
    }

    private bool IsRefused(IKvTier tier)
    {
        try
        {
            using var archive = ArchiveReader.Open(ArchivePath);
            archive.CheckFits(_there.Options.Identity);
            foreach (var item in archive.Manifest.Objects)
                archive.CopyTo(item, tier);
            return false;
        }
        catch (ArchiveException)
        {
            return true;
        }
    }

    private unsafe bool ContainsPlainRows()
    {
        var bytes = File.ReadAllBytes(ArchivePath);
        return bytes.AsSpan().IndexOf(new ReadOnlySpan<byte>(_chunks[0].Record(0, 0), 64)) >= 0;
    }
}

using System.Security.Cryptography;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>
/// Writes chunks to one signed file, for another machine with the same model: prefill once, ship the cache. One block is in memory at a
/// time. The file gets its name when it is complete.
/// </summary>
public sealed unsafe class ArchiveWriter : IDisposable
{
    private const string Owner = "archive export";
    private static readonly TimeSpan PinLifetime = TimeSpan.FromHours(1);

    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _file;
    private readonly StoreIdentity _identity;
    private readonly string? _adapter;
    private readonly SigningKey _key;
    private readonly TimeProvider _clock;
    private readonly ArchiveHeader _header;
    private readonly ArchiveCipher? _cipher;
    private readonly List<ArchiveObject> _objects = [];
    private readonly HashSet<BlockKey> _keys = [];
    private bool _completed;

    /// <summary>Begins an archive.</summary>
    /// <param name="path">The file; one that is there is replaced when the archive is complete.</param>
    /// <param name="identity">Whose KV.</param>
    /// <param name="adapter">What stands for the adapter in the objects' scope, or null.</param>
    /// <param name="key">Signs it; stays the caller's.</param>
    /// <param name="passphrase">Seals the objects; null leaves them plain.</param>
    /// <param name="clock">The clock; null for the system's.</param>
    public ArchiveWriter(string path, StoreIdentity identity, string? adapter, SigningKey key, string? passphrase = null, TimeProvider? clock = null)
    {
        identity.Validate();
        if (passphrase is { Length: 0 })
            throw new ArgumentException("the passphrase is empty", nameof(passphrase));
        _path = path;
        _temporary = path + WholeFile.TemporaryExtension;
        _identity = identity;
        _adapter = adapter;
        _key = key;
        _clock = clock ?? TimeProvider.System;
        var salt = passphrase is null ? new byte[ArchiveHeader.SaltBytes] : RandomNumberGenerator.GetBytes(ArchiveHeader.SaltBytes);
        _header = new ArchiveHeader(salt, passphrase is null ? 0 : ArchiveCipher.DefaultIterations, 0, 0);
        _cipher = passphrase is null ? null : new ArchiveCipher(passphrase, _header);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(_temporary, options);
        _file.Write(new byte[ArchiveHeader.Size]);
    }

    /// <summary>Objects written so far.</summary>
    public int Objects => _objects.Count;

    /// <summary>Bytes written so far.</summary>
    public long Bytes => _file.Position;

    /// <summary>Adds an object of a tier. False when it is not there, or is in the archive already.</summary>
    /// <exception cref="TierException">The tier does not give it. The archive cannot be completed then.</exception>
    public bool Add(IKvTier tier, BlockKey key)
    {
        if (tier.Geometry.Layout != _identity.Geometry.Layout)
            throw new ArgumentException($"the tier's layout is {tier.Geometry.Layout}, and the archive's {_identity.Geometry.Layout}", nameof(tier));
        if (_keys.Contains(key))
            return false;
        using var pin = tier.TryPin(key, Owner, PinLifetime);
        if (pin is null)
            return false;
        var chunk = tier.Describe(pin);
        var layout = tier.Geometry.Layout;
        var offset = _file.Position;
        var info = ArchiveInfo.Format(chunk);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var cipher = _cipher?.For(key);
        var associated = ArchiveCipher.Associated(key);
        Write(hash, cipher, associated, 0, info);
        using var buffer = new NativeBuffer((nuint)layout.BlockBytes);
        for (var block = 0; block < chunk.Tokens.Length / layout.BlockRows; block++)
        {
            for (var group = 0; group < tier.Geometry.Groups; group++)
                tier.Read(pin, group, block, buffer.Pointer + (tier.Geometry.FirstLayer(group) * layout.SliceBytes));
            Write(hash, cipher, associated, 1 + block, buffer.AsSpan<byte>()[..(int)layout.BlockBytes]);
        }

        _keys.Add(key);
        _objects.Add(new ArchiveObject(
            key, chunk.FirstToken, chunk.Tokens.Length, info.Length, offset, _file.Position - offset, Convert.ToHexStringLower(hash.GetHashAndReset())));
        return true;
    }

    /// <summary>Signs the archive and gives the file its name.</summary>
    /// <returns>What the archive says of itself.</returns>
    public ArchiveManifest Complete()
    {
        var manifest = new ArchiveManifest
        {
            Identity = _identity,
            Adapter = _adapter,
            Created = DateTimeOffset.FromUnixTimeMilliseconds(_clock.GetUtcNow().ToUnixTimeMilliseconds()),
            PublicKey = _key.PublicKey,
            Objects = [.. _objects],
        };
        var bytes = manifest.ToBytes();
        if (bytes.Length > ArchiveManifest.MaxBytes)
            throw new InvalidOperationException($"the manifest of {_objects.Count} objects has {bytes.Length} bytes, more than {ArchiveManifest.MaxBytes}; export fewer objects");
        var header = (_header with { ManifestOffset = _file.Position, ManifestBytes = bytes.Length }).ToBytes();
        _file.Write(bytes);
        _file.Write(_key.Sign([.. header, .. bytes]));
        _file.Position = 0;
        _file.Write(header);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _completed = true;
        return manifest;
    }

    /// <summary>Ends the export; an archive that is not complete is deleted.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (!_completed)
            File.Delete(_temporary);
    }

    private void Write(IncrementalHash hash, AesGcm? cipher, ReadOnlySpan<byte> associated, int number, Span<byte> part)
    {
        if (cipher is not null)
        {
            Span<byte> nonce = stackalloc byte[ObjectLayout.NonceBytes];
            Span<byte> tag = stackalloc byte[ObjectLayout.TagBytes];
            ObjectLayout.Nonce(number, nonce);
            cipher.Encrypt(nonce, part, part, tag, associated);
            Append(hash, part);
            Append(hash, tag);
            return;
        }

        Append(hash, part);
    }

    private void Append(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        _file.Write(bytes);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Identity;

/// <summary>
/// The walls that no hit crosses (guarantee G4): KV is shared only where model, layout, numerics profile, salt and adapter are equal.
/// </summary>
public sealed class CacheScope
{
    /// <summary>Label of the scope without a salt.</summary>
    public const string PublicTenant = "public";

    private const int StackBytes = 512;
    private const int TenantBytes = 8;

    private readonly byte[] _key;

    /// <summary>Creates a scope.</summary>
    /// <param name="modelFingerprint">Hash over all that defines the weights, the tokenizer and the rope; <see cref="BlockKey.Size"/> bytes.</param>
    /// <param name="layout">Layout of the KV blocks.</param>
    /// <param name="numericsProfile">Names everything that changes bits.</param>
    /// <param name="salt">The tenant's secret; empty for the public scope.</param>
    /// <param name="adapter">Name and hash of an adapter, or null.</param>
    /// <exception cref="ArgumentException">The fingerprint has another length.</exception>
    public CacheScope(
        ReadOnlyMemory<byte> modelFingerprint, KvLayout layout, string numericsProfile, ReadOnlyMemory<byte> salt, string? adapter)
    {
        if (modelFingerprint.Length != BlockKey.Size)
            throw new ArgumentException($"a model fingerprint has {BlockKey.Size} bytes, not {modelFingerprint.Length}", nameof(modelFingerprint));
        _key = KeyOf(salt.Span);
        Tenant = salt.IsEmpty ? PublicTenant : Convert.ToHexStringLower(HMACSHA256.HashData(_key, "kvasir-tenant/1"u8)[..TenantBytes]);
        Root = ComputeRoot(modelFingerprint.Span, layout, numericsProfile, adapter);
    }

    /// <summary>Key of the empty prefix. Two scopes share KV exactly when their roots are equal.</summary>
    public BlockKey Root { get; }

    /// <summary>A label of the salt, for quotas and listings; it tells nothing of the salt.</summary>
    public string Tenant { get; }

    /// <summary>Key of the block that follows <paramref name="parent"/> and holds <paramref name="tokens"/>.</summary>
    public BlockKey Chain(BlockKey parent, ReadOnlySpan<int> tokens)
    {
        // The parent has a fixed size, so parent and tokens need no lengths.
        var length = BlockKey.Size + (tokens.Length * sizeof(int));
        var rented = length <= StackBytes ? null : ArrayPool<byte>.Shared.Rent(length);
        var message = rented is null ? stackalloc byte[StackBytes] : rented;
        message = message[..length];
        parent.CopyTo(message);
        for (var i = 0; i < tokens.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(message[(BlockKey.Size + (i * sizeof(int)))..], tokens[i]);
        Span<byte> bytes = stackalloc byte[BlockKey.Size];
        HMACSHA256.HashData(_key, message, bytes);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return new BlockKey(bytes);
    }

    /// <summary>
    /// A key of fixed size. HMAC pads short keys with zeros and hashes long ones, so salts used directly would not be told apart: the
    /// empty salt of the public scope would equal a salt of one zero byte.
    /// </summary>
    private static byte[] KeyOf(ReadOnlySpan<byte> salt)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "kvasir-salt/1"u8);
        Append(hash, salt);
        return hash.GetHashAndReset();
    }

    private BlockKey ComputeRoot(ReadOnlySpan<byte> model, KvLayout layout, string profile, string? adapter)
    {
        // Every part carries its length, so that no two different scopes give the same bytes.
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Append(hash, "kvasir-scope/1"u8);
        Append(hash, model);
        Span<byte> shape = stackalloc byte[5 * sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(shape, layout.Layers);
        BinaryPrimitives.WriteInt32LittleEndian(shape[4..], layout.KvHeads);
        BinaryPrimitives.WriteInt32LittleEndian(shape[8..], layout.HeadDim);
        BinaryPrimitives.WriteInt32LittleEndian(shape[12..], (int)layout.Type);
        BinaryPrimitives.WriteInt32LittleEndian(shape[16..], layout.BlockRows);
        Append(hash, shape);
        Append(hash, Encoding.UTF8.GetBytes(profile));
        Append(hash, adapter is null ? [] : Encoding.UTF8.GetBytes(adapter));
        Append(hash, adapter is null ? "no adapter"u8 : "adapter"u8);
        return new BlockKey(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}

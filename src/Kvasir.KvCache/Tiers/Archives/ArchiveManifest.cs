using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>What an archive says of itself; signed.</summary>
public sealed record ArchiveManifest
{
    internal const int MaxBytes = 64 << 20;
    private const int Format = 1;
    private const int MaxPublicKeyBytes = 1024;

    /// <summary>Whose KV it holds.</summary>
    public required StoreIdentity Identity { get; init; }

    /// <summary>What stands for the adapter in the objects' scope, or null for the bare model.</summary>
    public required string? Adapter { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The exporter's public key, SubjectPublicKeyInfo.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>Its objects, in the order of the file.</summary>
    public required IReadOnlyList<ArchiveObject> Objects { get; init; }

    /// <summary>Fingerprint of the exporter's key.</summary>
    public string Signer => SigningKey.FingerprintOf(PublicKey.Span);

    /// <summary>The manifest's bytes: JSON, UTF-8.</summary>
    internal byte[] ToBytes()
    {
        var json = StoreFile.WriteIdentity(Identity);
        json.Insert(0, "format", Format);
        json["adapter"] = Adapter;
        json["created"] = Created.ToUnixTimeMilliseconds();
        json["publicKey"] = Convert.ToBase64String(PublicKey.Span);
        json["objects"] = new JsonArray([.. Objects.Select(item => (JsonNode)new JsonObject
        {
            ["key"] = item.Key.ToString(),
            ["firstToken"] = item.FirstToken,
            ["tokens"] = item.Tokens,
            ["info"] = item.InfoBytes,
            ["offset"] = item.Offset,
            ["bytes"] = item.Bytes,
            ["sha256"] = item.Sha256,
        })]);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
            json.WriteTo(writer);
        return bytes.ToArray();
    }

    /// <exception cref="ArchiveException">It is damaged.</exception>
    internal static ArchiveManifest Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            var root = document.RootElement;
            if (root.GetProperty("format").GetInt32() is var format && format != Format)
                throw new ArchiveException(ArchiveFault.NotAnArchive, $"the archive has format {format}, and this program reads {Format}");
            var identity = StoreFile.ReadIdentity(root);
            identity.Validate();
            var publicKey = root.GetProperty("publicKey").GetBytesFromBase64();
            if (publicKey.Length > MaxPublicKeyBytes)
                throw new FormatException($"its public key has {publicKey.Length} bytes");
            return new ArchiveManifest
            {
                Identity = identity,
                Adapter = root.GetProperty("adapter").GetString(),
                Created = DateTimeOffset.FromUnixTimeMilliseconds(root.GetProperty("created").GetInt64()),
                PublicKey = publicKey,
                Objects = [.. root.GetProperty("objects").EnumerateArray().Select(ParseObject)],
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ArchiveException(ArchiveFault.Damaged, $"the archive's manifest is damaged: {exception.Message}", exception);
        }
    }

    private static ArchiveObject ParseObject(JsonElement item) => new(
        new BlockKey(Convert.FromHexString(item.GetProperty("key").GetString() ?? "")),
        item.GetProperty("firstToken").GetInt32(),
        item.GetProperty("tokens").GetInt32(),
        item.GetProperty("info").GetInt32(),
        item.GetProperty("offset").GetInt64(),
        item.GetProperty("bytes").GetInt64(),
        item.GetProperty("sha256").GetString() ?? "");
}

using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Kvasir.Cli.Tests.Packaging;

/// <summary>An image archive in memory, checked against the OCI image format's rules while it is read.</summary>
internal sealed class OciImage
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public OciImage(string path)
    {
        foreach (var (name, entry) in Entries(File.ReadAllBytes(path)))
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                _files[name] = Content(entry);
        }

        Assert.Equal("1.0.0", Json(_files["oci-layout"]).GetProperty("imageLayoutVersion").GetString());
        Index = Json(_files["index.json"]);
        Manifest = Json(Blob(Assert.Single(Index.GetProperty("manifests").EnumerateArray())));
        Config = Json(Blob(Manifest.GetProperty("config")));

        byte[][] layers = [.. Manifest.GetProperty("layers").EnumerateArray().Select(Blob).Select(Unzip)];
        Assert.Equal(Config.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(id => id.GetString()), layers.Select(Digest));
        foreach (var layer in layers)
        {
            foreach (var (name, entry) in Entries(layer))
                Files[name] = (entry.Mode, entry.Uid, entry.EntryType == TarEntryType.RegularFile ? Content(entry) : []);
        }
    }

    public JsonElement Index { get; }

    public JsonElement Manifest { get; }

    public JsonElement Config { get; }

    /// <summary>All layers laid over each other.</summary>
    public Dictionary<string, (UnixFileMode Mode, int Owner, byte[] Content)> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The names of all blobs; each is its own digest.</summary>
    public IEnumerable<string> Blobs => _files.Keys.Where(name => name.StartsWith("blobs/sha256/", StringComparison.Ordinal));

    public JsonElement DockerManifest => Json(_files["manifest.json"]);

    private static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static JsonElement Json(byte[] bytes) => JsonDocument.Parse(bytes).RootElement;

    private static byte[] Unzip(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
            gzip.CopyTo(result);
        return result.ToArray();
    }

    private static byte[] Content(TarEntry entry)
    {
        using var result = new MemoryStream();
        entry.DataStream?.CopyTo(result);
        return result.ToArray();
    }

    private static IEnumerable<(string Name, TarEntry Entry)> Entries(byte[] archive)
    {
        using var reader = new TarReader(new MemoryStream(archive));
        while (reader.GetNextEntry(copyData: true) is { } entry)
            yield return (entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..].TrimEnd('/') : entry.Name.TrimEnd('/'), entry);
    }

    /// <summary>What a descriptor points to: its bytes have the digest and the size that it says.</summary>
    private byte[] Blob(JsonElement descriptor)
    {
        var digest = descriptor.GetProperty("digest").GetString()!;
        var bytes = _files[$"blobs/{digest.Replace(':', '/')}"];
        Assert.Equal(digest, Digest(bytes));
        Assert.Equal(descriptor.GetProperty("size").GetInt64(), bytes.Length);
        return bytes;
    }
}

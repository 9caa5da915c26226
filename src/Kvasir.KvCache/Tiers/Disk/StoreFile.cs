using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary><c>store.json</c>: whose KV a folder holds, and with which key. Makes a folder of objects recognisable without a model.</summary>
/// <param name="Identity">Whose KV.</param>
/// <param name="KeyId">Name of the master key.</param>
public sealed record StoreFile(StoreIdentity Identity, string KeyId)
{
    /// <summary>Its name in the folder.</summary>
    public const string FileName = "store.json";

    private const int Format = 1;
    private const int MaxBytes = 1 << 16;

    /// <summary>Reads the file of a folder; null when there is none.</summary>
    /// <exception cref="CacheFolderException">It is damaged or of another version.</exception>
    public static StoreFile? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            var bytes = WholeFile.Read(path, 1, MaxBytes) ?? throw new FormatException("it is empty, too long, or a link");
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            var root = document.RootElement;
            if (root.GetProperty("format").GetInt32() is var format && format != Format)
                throw new FormatException($"it has format {format}, and this program reads {Format}");
            var identity = ReadIdentity(root);
            identity.Validate();
            return new StoreFile(identity, root.GetProperty("key").GetString() ?? "");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CacheFolderException($"{path} cannot be read: {exception.Message}; delete the folder to begin anew", exception);
        }
    }

    /// <summary>Writes the file of a folder.</summary>
    public void Write(string folder)
    {
        var json = WriteIdentity(Identity);
        json.Insert(0, "format", Format);
        json["key"] = KeyId;
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
            json.WriteTo(writer);
        WholeFile.Write(Path.Combine(folder, FileName), bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>Says in which way two identities differ; null when they are equal.</summary>
    public static string? Difference(StoreIdentity theirs, StoreIdentity ours)
    {
        if (theirs.ModelFingerprint != ours.ModelFingerprint)
            return $"of another model: {theirs.ModelFingerprint}, not {ours.ModelFingerprint}";
        if (theirs.NumericsProfile != ours.NumericsProfile)
            return $"of another numerics profile: '{theirs.NumericsProfile}', not '{ours.NumericsProfile}'";
        if (theirs.Geometry.Layout != ours.Geometry.Layout)
            return $"of another layout: {theirs.Geometry.Layout}, not {ours.Geometry.Layout}";
        return theirs.Geometry.LayersPerRecord != ours.Geometry.LayersPerRecord
            ? $"cut otherwise: {theirs.Geometry.LayersPerRecord} layers a record, not {ours.Geometry.LayersPerRecord}"
            : null;
    }

    internal static JsonObject WriteIdentity(StoreIdentity identity)
    {
        var layout = identity.Geometry.Layout;
        return new JsonObject
        {
            ["model"] = identity.ModelFingerprint,
            ["profile"] = identity.NumericsProfile,
            ["layout"] = new JsonObject
            {
                ["layers"] = layout.Layers,
                ["kvHeads"] = layout.KvHeads,
                ["headDim"] = layout.HeadDim,
                ["type"] = layout.Type.ToString(),
                ["blockRows"] = layout.BlockRows,
                ["layersPerRecord"] = identity.Geometry.LayersPerRecord,
            },
        };
    }

    internal static StoreIdentity ReadIdentity(JsonElement root)
    {
        var layout = root.GetProperty("layout");
        var type = layout.GetProperty("type").GetString();
        if (!Enum.TryParse<KvDataType>(type, out var known) || known.ToString() != type)
            throw new FormatException($"there is no KV data type '{type}'");
        return new StoreIdentity(
            root.GetProperty("model").GetString() ?? "",
            root.GetProperty("profile").GetString() ?? "",
            new ChunkGeometry(
                new KvLayout(Number("layers"), Number("kvHeads"), Number("headDim"), known, Number("blockRows")),
                Number("layersPerRecord")));

        int Number(string name) => layout.GetProperty(name).GetInt32();
    }
}

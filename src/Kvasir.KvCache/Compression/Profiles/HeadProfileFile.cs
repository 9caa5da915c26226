using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>Head profiles as JSON files.</summary>
public static class HeadProfileFile
{
    private const int MaxBytes = 4 << 20;
    private const int MaxLayers = 1024;
    private const int MaxHeads = 1024;

    /// <summary>Writes a profile.</summary>
    public static string Write(HeadProfile profile)
    {
        var root = new JsonObject
        {
            ["kind"] = "kvasir-head-profile",
            ["fingerprint"] = profile.Fingerprint,
            ["kvHeads"] = profile.KvHeads,
            ["found"] = profile.Found,
            ["asked"] = profile.Asked,
            ["layerErrors"] = Numbers(profile.LayerErrors),
            ["echo"] = Rows(profile.Echo),
            ["induction"] = Rows(profile.Induction),
            ["semantic"] = Rows(profile.Semantic),
            ["retrieval"] = Rows(profile.Retrieval),
        };
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

        static JsonArray Numbers(double[] values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(Math.Round(value, 6)))]);

        static JsonArray Rows(double[][] rows) => new([.. rows.Select(row => (JsonNode)Numbers(row))]);
    }

    /// <summary>Reads a profile.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no head profile; says why.</exception>
    public static HeadProfile Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            throw new InvalidDataException($"{path} has more than {MaxBytes} bytes: it is no head profile");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            if (!root.TryGetProperty("kind", out var kind) || kind.GetString() != "kvasir-head-profile")
                throw new InvalidDataException($"{path} is no head profile; 'kvasir kv profile-heads' makes one");
            var echo = Rows(root.GetProperty("echo"));
            var profile = new HeadProfile
            {
                Fingerprint = root.GetProperty("fingerprint").GetString() ?? "",
                KvHeads = root.GetProperty("kvHeads").GetInt32(),
                Found = root.GetProperty("found").GetInt32(),
                Asked = root.GetProperty("asked").GetInt32(),
                LayerErrors = Numbers(root.GetProperty("layerErrors")),
                Echo = echo,
                Induction = Rows(root.GetProperty("induction")),
                Semantic = Rows(root.GetProperty("semantic")),
                Retrieval = Rows(root.GetProperty("retrieval")),
            };
            var layers = profile.Layers;
            var heads = layers > 0 ? echo[0].Length : 0;
            if (layers is 0 or > MaxLayers || heads is 0 or > MaxHeads || profile.KvHeads < 1 || heads % profile.KvHeads != 0
                || profile.LayerErrors.Length != layers
                || new[] { echo, profile.Induction, profile.Semantic, profile.Retrieval }.Any(rows => rows.Length != layers || rows.Any(row => row.Length != heads)))
            {
                throw new InvalidDataException($"{path}: the numbers of layers and heads do not agree");
            }

            return profile;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is no head profile: {error.Message}", error);
        }

        static double[] Numbers(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetDouble())];

        static double[][] Rows(JsonElement rows) => [.. rows.EnumerateArray().Select(Numbers)];
    }
}

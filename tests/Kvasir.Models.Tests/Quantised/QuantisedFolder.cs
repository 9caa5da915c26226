using System.Text;
using System.Text.Json.Nodes;
using Kvasir.Models.Tests.Support;

namespace Kvasir.Models.Tests.Quantised;

/// <summary>A little model whose layers' matrices are quantised at random, with the values that they stand for.</summary>
internal sealed class QuantisedFolder : IDisposable
{
    public const int Group = 32;

    private readonly TinyModel _tiny;
    private readonly List<(string Name, string Kind, long[] Shape, byte[] Bytes)> _tensors = [];

    /// <param name="config">The quantization_config.</param>
    /// <param name="write">Gives a matrix's tensors, named behind the prefix, and its values <c>[rows][columns]</c>.</param>
    public QuantisedFolder(string? config, Func<Random, int, int, (List<(string Suffix, string Kind, long[] Shape, byte[] Bytes)>, float[][])> write)
    {
        _tiny = new TinyModel(tokenizer: false, changeConfig: json =>
        {
            if (config is not null)
                json["quantization_config"] = JsonNode.Parse(config);
        });
        using var plain = new TinyModel(tokenizer: false);
        using var model = ModelFile.Open(plain.Folder);
        var random = new Random(17);
        foreach (var (role, layer, tensor, _) in model.AllWeights())
        {
            if (!WeightShapes.IsMatrix(role) || layer < 0)
            {
                var bytes = WeightShapes.IsMatrix(role) ? Bytes(model.Decode(role, layer).SelectMany(row => row)) : Bytes(model.GetVector(role, layer));
                _tensors.Add((tensor.Name, "F32", tensor.Shape, bytes));
                continue;
            }

            var (parts, values) = write(random, (int)tensor.Shape[0], (int)tensor.Shape[1]);
            foreach (var (suffix, kind, shape, bytes) in parts)
                _tensors.Add((tensor.Name[..^"weight".Length] + suffix, kind, shape, bytes));
            Expected.Add((role, layer), values);
        }

        Save();
    }

    public Dictionary<(WeightRole Role, int Layer), float[][]> Expected { get; } = [];

    public string Folder => _tiny.Folder;

    public string File => _tiny.PathOf("model.safetensors");

    public static byte[] Bytes(IEnumerable<float> values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] Halves(IEnumerable<float> values) => [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))];

    public static byte[] Words(IEnumerable<uint> values) => [.. values.SelectMany(BitConverter.GetBytes)];

    /// <summary>Rewrites the file without a tensor, or with another in its place.</summary>
    public void Replace(string name, (string Kind, long[] Shape, byte[] Bytes)? by)
    {
        int at = _tensors.FindIndex(tensor => tensor.Name == name);
        Assert.True(at >= 0, name);
        _tensors.RemoveAt(at);
        if (by is { } other)
            _tensors.Add((name, other.Kind, other.Shape, other.Bytes));
        Save();
    }

    /// <summary>A tensor's bytes.</summary>
    public byte[] this[string name] => _tensors.Single(tensor => tensor.Name == name).Bytes;

    public void Dispose() => _tiny.Dispose();

    private void Save()
    {
        var header = new JsonObject();
        long offset = 0;
        foreach (var (name, kind, shape, bytes) in _tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = kind,
                ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes.Length),
            };
            offset += bytes.Length;
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        System.IO.File.WriteAllBytes(File, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. _tensors.SelectMany(tensor => tensor.Bytes)]);
    }
}

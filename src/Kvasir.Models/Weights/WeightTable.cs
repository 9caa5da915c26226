using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>The weights of a model by role and layer, checked against the configuration when the file is opened.</summary>
internal sealed unsafe class WeightTable
{
    private readonly string _path;
    private readonly ModelConfig _config;
    private readonly bool _interleavedRope;
    private readonly Dictionary<(WeightRole, int), StoredTensor> _tensors = [];

    /// <param name="interleavedRope">Query and key rows are stored in llama.cpp's interleaved order.</param>
    public WeightTable(
        string path,
        ModelConfig config,
        IReadOnlyDictionary<string, StoredTensor> tensors,
        Func<WeightRole, int, string> nameOf,
        bool interleavedRope)
    {
        _path = path;
        _config = config;
        _interleavedRope = interleavedRope;
        foreach (var (role, layer) in WeightShapes.All(config))
        {
            if (role == WeightRole.Output && config.TiedEmbeddings)
                continue;
            string name = nameOf(role, layer);
            if (!tensors.TryGetValue(name, out var tensor))
            {
                if (WeightShapes.IsRequired(role, config))
                    throw new ModelFormatException(path, $"tensor \"{name}\" ({role}) is missing or of an unsupported type");
                continue;
            }

            Check(role, tensor);
            _tensors.Add((role, layer), tensor);
        }
    }

    public bool Has(WeightRole role, int layer) => _tensors.ContainsKey(Key(role, layer));

    public MatrixSource Matrix(WeightRole role, int layer)
    {
        if (!WeightShapes.IsMatrix(role))
            throw new ArgumentException($"{role} is a vector; use GetVector", nameof(role));
        var tensor = Find(role, layer);
        return new MatrixSource(
            tensor.Type, (int)tensor.Shape[0], (int)tensor.Shape[1], (nint)tensor.File.At(tensor.Offset, tensor.Bytes), RowOrder(role));
    }

    public float[] Vector(WeightRole role, int layer)
    {
        if (WeightShapes.IsMatrix(role))
            throw new ArgumentException($"{role} is a matrix; use GetMatrix", nameof(role));
        var tensor = Find(role, layer);
        var stored = TensorReader.ReadVector(_path, tensor, (int)tensor.Shape[0]);
        return RowOrder(role) is { } order ? Array.ConvertAll(order, row => stored[row]) : stored;
    }

    public void Release(WeightRole role, int layer)
    {
        // Rows of an embedding are read as long as the model is open; what was made by a conversion would be gone.
        var tensor = Find(role, layer);
        if (tensor.MadeFrom is null || Key(role, layer).Role != WeightRole.TokenEmbedding)
            tensor.Release();
    }

    /// <summary>Type, rows and columns of a matrix.</summary>
    public MatrixSource Describe(WeightRole role, int layer) =>
        Find(role, layer) is var tensor && WeightShapes.IsMatrix(role)
            ? new MatrixSource(tensor.Type, (int)tensor.Shape[0], (int)tensor.Shape[1], 0)
            : throw new ArgumentException($"{role} is a vector", nameof(role));

    /// <summary>All weights in the order of the roles; what the fingerprint covers.</summary>
    public IReadOnlyList<(WeightRole Role, int Layer, StoredTensor Tensor, bool Interleaved)> All() =>
        [.. WeightShapes.All(_config).Where(_tensors.ContainsKey).Select(k => (k.Role, k.Layer, _tensors[k], RowOrder(k.Role) is not null))];

    private (WeightRole Role, int Layer) Key(WeightRole role, int layer)
    {
        if (role == WeightRole.Output && _config.TiedEmbeddings)
            role = WeightRole.TokenEmbedding;
        return (role, WeightNames.IsPerLayer(role) ? layer : -1);
    }

    private StoredTensor Find(WeightRole role, int layer) => _tensors.TryGetValue(Key(role, layer), out var tensor)
        ? tensor
        : throw new ArgumentException($"{_path} has no {role} in layer {layer} (layers 0 to {_config.Layers - 1})");

    private int[]? RowOrder(WeightRole role) => !_interleavedRope ? null : role switch
    {
        WeightRole.Query or WeightRole.QueryBias => RopeRows.HalfSplitFromInterleaved(_config.QueryHeads, _config.HeadDim),
        WeightRole.Key or WeightRole.KeyBias => RopeRows.HalfSplitFromInterleaved(_config.KvHeads, _config.HeadDim),
        _ => null,
    };

    private void Check(WeightRole role, StoredTensor tensor)
    {
        var expected = WeightShapes.Of(role, _config);
        if (!tensor.Shape.AsSpan().SequenceEqual(expected))
        {
            throw new ModelFormatException(
                tensor.File.Path,
                $"tensor \"{tensor.Name}\" has shape {tensor.ShapeText}; the configuration asks for [{string.Join(", ", expected)}]",
                tensor.Offset);
        }
    }
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>The weights of a model by role, layer and expert or head, checked against the configuration when the file is opened.</summary>
internal sealed unsafe class WeightTable
{
    private readonly string _path;
    private readonly ModelConfig _config;
    private readonly Dictionary<(WeightRole, int, int), StoredWeight> _weights = [];

    /// <param name="path">The file or folder.</param>
    /// <param name="config">The model.</param>
    /// <param name="tensors">What the file stores.</param>
    /// <param name="naming">Where the weights are in it.</param>
    public WeightTable(string path, ModelConfig config, IReadOnlyDictionary<string, StoredTensor> tensors, WeightNaming naming)
    {
        _path = path;
        _config = config;
        var resolver = new WeightResolver(path, config, tensors, naming);
        foreach (var (role, layer, index) in WeightShapes.All(config))
        {
            if (resolver.Find(role, layer, index) is { } weight)
                _weights.Add((role, layer, index), weight);
        }
    }

    public bool Has(WeightRole role, int layer) => _weights.ContainsKey(Key(role, layer, 0));

    public MatrixSource Matrix(WeightRole role, int layer, int index)
    {
        var weight = Describe(role, layer, index);
        var tensor = Find(role, layer, index).Tensor;
        return weight with { Data = (nint)tensor.File.At(tensor.Offset, tensor.Bytes) };
    }

    /// <summary>The matrix without its data.</summary>
    public MatrixSource Describe(WeightRole role, int layer, int index)
    {
        if (!WeightShapes.IsMatrix(role))
            throw new ArgumentException($"{role} is a vector; use GetVector", nameof(role));
        var (tensor, rows, stride, _, _) = Find(role, layer, index);
        var shape = WeightShapes.Of(Key(role, layer, index).Role, _config);
        return new MatrixSource(tensor.Type, (int)shape[0], (int)shape[1], 0, rows, stride);
    }

    public float[] Vector(WeightRole role, int layer, int index)
    {
        if (WeightShapes.IsMatrix(role))
            throw new ArgumentException($"{role} is a matrix; use GetMatrix", nameof(role));
        var weight = Find(role, layer, index);
        var stored = TensorReader.ReadAll(weight.Tensor);
        if (weight.More is { } more)
            stored = [.. stored, .. more.SelectMany(TensorReader.ReadAll)];
        if (weight.Rows is { } order)
            stored = Array.ConvertAll(order, row => stored[row]);
        if (weight.NegatedExponential)
            stored = Array.ConvertAll(stored, value => value < 0 ? (float)Elementary.Log(-(double)value) : throw weight.Tensor.Error($"holds {value}, a decay that is not below zero"));
        return _config.NormOffset && WeightShapes.IsNorm(role) ? Array.ConvertAll(stored, w => 1 + w) : stored;
    }

    public void Release(WeightRole role, int layer, int index)
    {
        // Rows of an embedding are read as long as the model is open; what was made by a conversion would be gone.
        var tensor = Find(role, layer, index).Tensor;
        if (tensor.MadeFrom is null || Key(role, layer, index).Role != WeightRole.TokenEmbedding)
            tensor.Release();
    }

    /// <summary>All stored tensors, each once, in the order of the roles that they are first used for; what the fingerprint covers.</summary>
    public IReadOnlyList<(WeightRole Role, int Layer, StoredTensor Tensor, bool Interleaved)> All()
    {
        var seen = new HashSet<StoredTensor>(ReferenceEqualityComparer.Instance);
        var all = new List<(WeightRole, int, StoredTensor, bool)>();
        foreach (var key in WeightShapes.All(_config).Where(_weights.ContainsKey))
        {
            var weight = _weights[key];
            foreach (var tensor in (IEnumerable<StoredTensor>)[weight.Tensor, .. weight.More ?? []])
            {
                if (seen.Add(tensor))
                    all.Add((key.Role, key.Layer, tensor, weight.Rows is not null));
            }
        }

        return all;
    }

    private (WeightRole Role, int Layer, int Index) Key(WeightRole role, int layer, int index)
    {
        if (role == WeightRole.Output && _config.TiedEmbeddings)
            role = WeightRole.TokenEmbedding;
        return (role, WeightShapes.IsPerLayer(role) ? layer : -1, index);
    }

    private StoredWeight Find(WeightRole role, int layer, int index) => _weights.TryGetValue(Key(role, layer, index), out var weight)
        ? weight
        : throw new ArgumentException($"{_path} has no {role} in layer {layer} (layers 0 to {_config.Layers - 1})");
}

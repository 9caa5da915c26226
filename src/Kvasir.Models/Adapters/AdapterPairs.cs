using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Collects the A and B of every adapted matrix, checks them against the model and each other, and decodes them.</summary>
internal sealed class AdapterPairs
{
    private readonly string _path;
    private readonly ModelConfig _model;
    private readonly SortedDictionary<(int Layer, WeightRole Role), Pair> _pairs = [];

    private sealed class Pair
    {
        public StoredTensor? A { get; set; }

        public StoredTensor? B { get; set; }
    }

    /// <param name="path">The adapter, for messages.</param>
    /// <param name="model">The model that it is for.</param>
    /// <param name="tensors">All tensors of the file.</param>
    /// <param name="nameOf">The name of a matrix in the file, without a suffix.</param>
    /// <param name="suffixA">What follows the name for A.</param>
    /// <param name="suffixB">What follows the name for B.</param>
    public AdapterPairs(
        string path,
        ModelConfig model,
        IReadOnlyDictionary<string, StoredTensor> tensors,
        Func<WeightRole, int, string> nameOf,
        string suffixA,
        string suffixB)
    {
        _path = path;
        _model = model;
        var places = new Dictionary<string, (int Layer, WeightRole Role)>(StringComparer.Ordinal);
        for (int layer = 0; layer < model.Layers; layer++)
        {
            foreach (var role in AdapterLimits.Roles)
                places.Add(nameOf(role, layer), (layer, role));
        }

        foreach (var (name, tensor) in tensors)
        {
            bool isA = name.EndsWith(suffixA, StringComparison.Ordinal);
            if (!isA && !name.EndsWith(suffixB, StringComparison.Ordinal))
                throw Unsupported(name);
            if (!places.TryGetValue(name[..^(isA ? suffixA : suffixB).Length], out var place))
                throw Unsupported(name);
            if (!_pairs.TryGetValue(place, out var pair))
                _pairs.Add(place, pair = new Pair());
            if (isA)
                pair.A = tensor;
            else
                pair.B = tensor;
        }

        if (_pairs.Count == 0)
            throw new ModelFormatException(path, "the adapter holds no matrices");
    }

    /// <summary>Decodes everything.</summary>
    /// <param name="scaleOf">The factor of a matrix, from its place and rank.</param>
    /// <param name="interleaved">Rows of query and key are stored in llama.cpp's interleaved order.</param>
    public AdapterFile Read(Func<WeightRole, int, int, double> scaleOf, bool interleaved)
    {
        var matrices = new List<AdapterMatrix>();
        long bytes = 0;
        foreach (var ((layer, role), pair) in _pairs)
        {
            if (pair.A is not { } a || pair.B is not { } b)
            {
                var only = (pair.A ?? pair.B)!;
                throw new ModelFormatException(_path, $"tensor \"{only.Name}\" has no partner: A and B of a matrix belong together", only.Offset);
            }

            int rank = Check(role, a, b);
            bytes = checked(bytes + (sizeof(float) * (Elements(a) + Elements(b))));
            if (bytes > AdapterLimits.MaxBytes)
                throw new ModelFormatException(_path, $"the adapter is larger than {AdapterLimits.MaxBytes} bytes when decoded");
            float scale = (float)scaleOf(role, layer, rank);
            if (!float.IsFinite(scale))
                throw new ModelFormatException(_path, $"the factor of {role} in layer {layer} is {scale}; the adapter's alpha is damaged");
            matrices.Add(new AdapterMatrix
            {
                Role = role,
                Layer = layer,
                Rank = rank,
                Inputs = (int)a.Shape[1],
                Outputs = (int)b.Shape[0],
                Scale = scale,
                A = Decode(a, null),
                B = Decode(b, interleaved ? RowOrder(role) : null),
            });
        }

        var adapter = new AdapterFile(_path, matrices);
        foreach (var matrix in matrices)
        {
            // Matrices of different ranks may be computed together, with the largest.
            if ((long)adapter.Rank * Math.Max(matrix.Inputs, matrix.Outputs) > AdapterLimits.MaxElements)
                throw new ModelFormatException(_path, $"{matrix.Role} of layer {matrix.Layer} is too large for the adapter's rank of {adapter.Rank}");
        }

        return adapter;
    }

    private static long Elements(StoredTensor tensor) => tensor.Shape[0] * tensor.Shape[1];

    private UnsupportedModelException Unsupported(string tensor) => new(
        _path,
        $"tensor \"{tensor}\" is none that an adapter of this model ({_model.Architecture}, {_model.Layers} layers) can bring; "
        + $"{AdapterLimits.Supported} supported");

    private int Check(WeightRole role, StoredTensor a, StoredTensor b)
    {
        var matrix = WeightShapes.Of(role, _model);
        long rank = a.Shape is [var rows, var inputs] && inputs == matrix[1] ? rows : -1;
        if (rank is < 1 or > AdapterLimits.MaxRank)
        {
            throw new ModelFormatException(
                _path,
                $"tensor \"{a.Name}\" has shape {a.ShapeText}; [rank, {matrix[1]}] with a rank of 1 to {AdapterLimits.MaxRank} was expected: "
                + "the adapter may be for another model",
                a.Offset);
        }

        if (!b.Shape.AsSpan().SequenceEqual([matrix[0], rank]))
        {
            throw new ModelFormatException(
                _path, $"tensor \"{b.Name}\" has shape {b.ShapeText}; [{matrix[0]}, {rank}] was expected: the adapter may be for another model", b.Offset);
        }

        if (Elements(a) > AdapterLimits.MaxElements || Elements(b) > AdapterLimits.MaxElements)
            throw new ModelFormatException(_path, $"tensor \"{a.Name}\" or its partner has more than {AdapterLimits.MaxElements} elements", a.Offset);
        return (int)rank;
    }

    private int[]? RowOrder(WeightRole role) => role switch
    {
        WeightRole.Query => RopeRows.HalfSplitFromInterleaved(_model.QueryHeads, _model.HeadDim),
        WeightRole.Key => RopeRows.HalfSplitFromInterleaved(_model.KvHeads, _model.HeadDim),
        _ => null,
    };

    private unsafe float[] Decode(StoredTensor tensor, int[]? order)
    {
        int rows = (int)tensor.Shape[0];
        int columns = (int)tensor.Shape[1];
        long rowBytes = tensor.Type.RowBytes(columns);
        byte* data = tensor.File.At(tensor.Offset, tensor.Bytes);
        var values = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            var source = new ReadOnlySpan<byte>(data + ((order?[row] ?? row) * rowBytes), (int)rowBytes);
            BlockCodec.DecodeRow(tensor.Type, source, values.AsSpan(row * columns, columns));
        }

        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                throw new ModelFormatException(_path, $"tensor \"{tensor.Name}\" holds {value}, not a finite number", tensor.Offset);
        }

        return values;
    }
}

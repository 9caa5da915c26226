using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// An opened model: a GGUF file, or a Hugging Face folder with config.json and safetensors. Weights stay in the mapped file;
/// what <see cref="GetMatrix"/> returns points into it and is valid until the model is disposed.
/// </summary>
public sealed class ModelFile : IDisposable
{
    private readonly WeightTable _weights;
    private readonly IDisposable _storage;
    private readonly Lazy<ModelFingerprint> _fingerprint;
    private bool _disposed;

    internal ModelFile(string path, IDisposable storage, ModelConfig config, WeightTable weights, ModelText text)
    {
        Path = path;
        Config = config;
        Text = text;
        _storage = storage;
        _weights = weights;
        _fingerprint = new Lazy<ModelFingerprint>(() => FingerprintHash.Compute(config, weights.All()));
    }

    /// <summary>The file or folder, as it was given.</summary>
    public string Path { get; }

    public ModelConfig Config { get; }

    /// <summary>Null when the model brings no tokenizer (test fixtures).</summary>
    public Tokenizer? Tokenizer => Text.Tokenizer;

    /// <summary>Null when the model brings no chat template.</summary>
    public ChatTemplate? ChatTemplate => Text.ChatTemplate;

    /// <summary>The template for conversations with functions: the files' <c>tool_use</c>, or else <see cref="ChatTemplate"/>.</summary>
    public ChatTemplate? ToolTemplate => Text.ToolTemplate ?? Text.ChatTemplate;

    /// <summary>Tokens that end an answer, ascending.</summary>
    public IReadOnlyList<int> StopTokens => Text.StopTokens;

    /// <summary>Covers every weight's bytes and everything in the configuration that changes a logit. Computed on first use, in parallel.</summary>
    public ModelFingerprint Fingerprint
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _fingerprint.Value;
        }
    }

    /// <summary>The model's own name, when the file says one.</summary>
    public string? Name => Text.Name;

    /// <summary>How texts become vectors, where the files say it; null otherwise.</summary>
    public EmbeddingSettings? Embedding => Text.Embedding;

    internal ModelText Text { get; }

    /// <summary>Opens a model. Nothing but headers and the tokenizer is read.</summary>
    /// <param name="path">A .gguf file, or a folder in the Hugging Face layout.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="ModelFormatException">A file is damaged; the message names file and offset or field.</exception>
    /// <exception cref="UnsupportedModelException">The model is of a kind that Kvasir does not run.</exception>
    public static ModelFile Open(string path)
    {
        if (Directory.Exists(path))
            return HuggingFaceModel.Open(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"there is no model at {path}; give a .gguf file or a folder with config.json and *.safetensors", path);
        string extension = System.IO.Path.GetExtension(path);
        if (extension is ".safetensors" or ".json")
            throw new UnsupportedModelException(path, "give the folder that holds config.json and the *.safetensors files, not one of its files");
        return GgufModel.Open(path);
    }

    /// <summary>A weight matrix where it lies in the file, or where it was made from what lies there.</summary>
    /// <param name="role">What it does.</param>
    /// <param name="layer">-1 for the weights that belong to no layer.</param>
    /// <param name="index">Which expert's, or which head's, where a layer has several.</param>
    /// <exception cref="ArgumentException">The model has no such weight, or it is a vector.</exception>
    public MatrixSource GetMatrix(WeightRole role, int layer = -1, int index = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _weights.Matrix(role, layer, index);
    }

    /// <summary>A weight matrix, decoded, <c>[rows, columns]</c>.</summary>
    /// <exception cref="ArgumentException">The model has no such weight, or it is a vector.</exception>
    public float[] ReadMatrix(WeightRole role, int layer = -1, int index = 0)
    {
        var matrix = GetMatrix(role, layer, index);
        var values = new float[(long)matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
            MatrixRows.Read(matrix, row, values.AsSpan(row * matrix.Columns, matrix.Columns));
        return values;
    }

    /// <summary>What <see cref="GetMatrix"/> gives, without its data: nothing is read or converted.</summary>
    /// <exception cref="ArgumentException">The model has no such weight, or it is a vector.</exception>
    public MatrixSource DescribeMatrix(WeightRole role, int layer = -1, int index = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _weights.Describe(role, layer, index);
    }

    /// <summary>Every matrix of the model that a token may meet, without its data: role, layer (-1: none), expert or head.</summary>
    public IEnumerable<(WeightRole Role, int Layer, int Index, MatrixSource Matrix)> DescribeMatrices()
    {
        foreach (var (role, layer, index) in WeightShapes.All(Config).Where(key => WeightShapes.IsMatrix(key.Role) && _weights.Has(key.Role, key.Layer)))
        {
            if (role != WeightRole.Output || !Config.TiedEmbeddings)
                yield return (role, layer, index, DescribeMatrix(role, layer, index));
        }
    }

    /// <summary>A norm weight or bias, decoded; query and key biases are in half-split rope order like their matrices.</summary>
    /// <exception cref="ArgumentException">The model has no such weight, or it is a matrix.</exception>
    public float[] GetVector(WeightRole role, int layer = -1, int index = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _weights.Vector(role, layer, index);
    }

    /// <summary>
    /// Lets go of the memory that a weight takes in this process, once it has been copied elsewhere. It can be asked for again; a
    /// <see cref="MatrixSource"/> of before still stands only where the file holds the weight as it is used (8-bit floating point, GPTQ and
    /// AWQ are converted).
    /// </summary>
    public void Release(WeightRole role, int layer = -1, int index = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _weights.Release(role, layer, index);
    }

    /// <summary>Whether the model holds the weight (<see cref="WeightRole.Output"/> also when it is tied to the embedding).</summary>
    public bool Has(WeightRole role, int layer = -1) => _weights.Has(role, layer);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _storage.Dispose();
    }

    /// <summary>Every weight with its stored tensor, for conversion.</summary>
    internal IReadOnlyList<(WeightRole Role, int Layer, StoredTensor Tensor, bool Interleaved)> AllWeights() => _weights.All();
}

namespace Kvasir.Models;

/// <summary>The weights of a Hugging Face folder: <c>model.safetensors</c>, or the shards that the index file names.</summary>
internal sealed class SafeTensorsFolder : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";
    private const long MaxIndexBytes = 64 << 20;

    private readonly List<SafeTensorsFile> _files = [];
    private readonly List<ConvertedMatrix> _converted = [];

    private SafeTensorsFolder()
    {
    }

    public Dictionary<string, StoredTensor> Tensors { get; } = [];

    /// <summary>Tensors that quantised matrices are made from.</summary>
    public Dictionary<string, RawTensor> Raw { get; } = [];

    public static SafeTensorsFolder Open(string folder)
    {
        var result = new SafeTensorsFolder();
        try
        {
            string single = Path.Combine(folder, SingleName);
            string index = Path.Combine(folder, IndexName);
            if (File.Exists(single))
                result.AddAll(SafeTensorsFile.Open(single));
            else if (File.Exists(index))
                result.AddShards(folder, index);
            else
                throw new ModelFormatException(folder, $"neither {SingleName} nor {IndexName} is in the folder");
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Adds a matrix made from others, which the folder then owns.</summary>
    /// <exception cref="ModelFormatException">There is a tensor of the name.</exception>
    public void Add(string name, ConvertedMatrix matrix)
    {
        _converted.Add(matrix);
        if (!Tensors.TryAdd(name, matrix.AsTensor(name)))
            throw new ModelFormatException(matrix.Path, $"tensor \"{name}\" is stored plain and quantised");
    }

    public void Dispose()
    {
        foreach (var matrix in _converted)
            matrix.Dispose();
        foreach (var file in _files)
            file.Dispose();
    }

    private void AddAll(SafeTensorsFile file)
    {
        _files.Add(file);
        foreach (var (name, tensor) in file.Tensors)
            Tensors[name] = tensor;
        foreach (var (name, raw) in file.Raw)
            Raw[name] = raw;
    }

    private void AddShards(string folder, string index)
    {
        var shards = new Dictionary<string, SafeTensorsFile>();
        var owners = new Dictionary<string, JsonField>();
        foreach (var (name, value) in JsonFile.Read(index, MaxIndexBytes).Get("weight_map").Members())
        {
            string shard = value.String();
            if (!shards.TryGetValue(shard, out var file))
            {
                file = OpenShard(folder, shard, value);
                _files.Add(file);
                shards.Add(shard, file);
            }

            owners.Add(name, value);
            if (file.Tensors.TryGetValue(name, out var tensor))
                Tensors[name] = tensor;
            else if (file.Raw.TryGetValue(name, out var raw))
                Raw[name] = raw;
            else if (!file.OtherTensors.Contains(name))
                throw value.Error($"{shard} holds no tensor of this name");
        }

        // Which of two would be meant? The index may be of another download.
        foreach (var (shard, file) in shards)
        {
            foreach (string name in file.Tensors.Keys.Concat(file.Raw.Keys))
            {
                if (owners.TryGetValue(name, out var value) && value.String() != shard)
                    throw value.Error($"the tensor is in {value.String()} and in {shard} too");
            }
        }
    }

    // Index and shard lie beside each other; a name that leads elsewhere is refused.
    private static SafeTensorsFile OpenShard(string folder, string shard, JsonField field)
    {
        bool plain = shard.EndsWith(".safetensors", StringComparison.Ordinal) && shard == Path.GetFileName(shard) && !shard.Contains('\\');
        if (!plain)
            throw field.Error($"\"{shard}\" is not the name of a .safetensors file in the same folder");
        string path = Path.Combine(folder, shard);
        if (!File.Exists(path))
            throw field.Error($"{shard} is not in the folder; the download may be incomplete");
        return SafeTensorsFile.Open(path);
    }
}

namespace Kvasir.Models;

/// <summary>The weights of a Hugging Face folder: <c>model.safetensors</c>, or the shards that the index file names.</summary>
internal sealed class SafeTensorsFolder : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";
    private const long MaxIndexBytes = 64 << 20;

    private readonly List<SafeTensorsFile> _files = [];

    private SafeTensorsFolder()
    {
    }

    public Dictionary<string, StoredTensor> Tensors { get; } = [];

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

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private void AddAll(SafeTensorsFile file)
    {
        _files.Add(file);
        foreach (var (name, tensor) in file.Tensors)
            Tensors[name] = tensor;
    }

    private void AddShards(string folder, string index)
    {
        var shards = new Dictionary<string, SafeTensorsFile>();
        foreach (var (name, value) in JsonFile.Read(index, MaxIndexBytes).Get("weight_map").Members())
        {
            string shard = value.String();
            if (!shards.TryGetValue(shard, out var file))
            {
                file = OpenShard(folder, shard, value);
                _files.Add(file);
                shards.Add(shard, file);
            }

            if (file.Tensors.TryGetValue(name, out var tensor))
                Tensors[name] = tensor;
            else if (!file.OtherTensors.Contains(name))
                throw value.Error($"{shard} holds no tensor of this name");
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

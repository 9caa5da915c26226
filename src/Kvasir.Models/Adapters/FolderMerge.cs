using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Writes a Hugging Face folder with an adapter merged into its weights. Everything keeps its place and type: the files are copied, and
/// the rows of adapted matrices are written over.
/// </summary>
public static class FolderMerge
{
    private const string TemplateFolder = "additional_chat_templates";
    private const long MaxSideFileBytes = 256L << 20;

    private static readonly string[] WeightFiles = [".safetensors", ".bin", ".pt", ".pth", ".gguf", ".onnx", ".h5", ".msgpack"];

    /// <summary>Merges.</summary>
    /// <param name="model">A model opened from a folder, whose adapted matrices are stored as F32, F16 or BF16.</param>
    /// <param name="adapter">The adapter, read for this model.</param>
    /// <param name="scale">A factor beside the adapter's own.</param>
    /// <param name="output">The new folder. It appears when it is complete; a failure or cancellation leaves nothing.</param>
    /// <param name="replace">Replace a folder of that name.</param>
    /// <param name="progress">Hears of every matrix before it is merged.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Bytes of the new folder.</returns>
    /// <exception cref="UnsupportedModelException">The weights are stored in a way that has no room for the sums.</exception>
    /// <exception cref="IOException">The folder exists.</exception>
    public static long Write(
        ModelFile model,
        AdapterFile adapter,
        float scale,
        string output,
        bool replace = false,
        IProgress<ConversionProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        if (!Directory.Exists(model.Path))
            throw new UnsupportedModelException(model.Path, "only a model in a folder can be merged into a folder; give an OUTPUT that ends with .gguf");
        output = Path.GetFullPath(output);
        if (Directory.Exists(output) && !replace)
            throw new IOException($"{output} exists; give another name or --force");
        string temporary = $"{Path.TrimEndingDirectorySeparator(output)}.{Guid.NewGuid():N}.tmp";
        try
        {
            var tensors = Stored(model, adapter);
            CopyFiles(model, temporary, cancellation);
            long total = adapter.Matrices.Sum(matrix => (long)matrix.Inputs * matrix.Outputs), done = 0;
            foreach (var matrix in adapter.Matrices)
            {
                cancellation.ThrowIfCancellationRequested();
                var tensor = tensors[(matrix.Role, matrix.Layer)];
                progress?.Report(new ConversionProgress(tensor.Name, done, total));
                WriteSums(tensor, matrix, scale, Path.Combine(temporary, Path.GetFileName(tensor.File.Path)));
                done += (long)matrix.Inputs * matrix.Outputs;
            }

            progress?.Report(new ConversionProgress("", total, total));
            long bytes = new DirectoryInfo(temporary).GetFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
            Publish(temporary, output);
            return bytes;
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    private static Dictionary<(WeightRole, int), StoredTensor> Stored(ModelFile model, AdapterFile adapter)
    {
        var tensors = new Dictionary<(WeightRole, int), StoredTensor>();
        foreach (var (role, layer, tensor, reordered) in model.AllWeights())
        {
            if (!reordered)
                tensors[(role, layer)] = tensor;
        }

        foreach (var matrix in adapter.Matrices)
        {
            if (!tensors.TryGetValue((matrix.Role, matrix.Layer), out var tensor) || tensor.MadeFrom is not null || tensor.Type.IsQuantized)
            {
                throw new UnsupportedModelException(
                    model.Path, $"{matrix.Role} of layer {matrix.Layer} is quantised or fused with others; give an OUTPUT that ends with .gguf");
            }
        }

        return tensors;
    }

    private static void CopyFiles(ModelFile model, string to, CancellationToken cancellation)
    {
        Directory.CreateDirectory(to);
        foreach (string shard in model.AllWeights().Select(weight => weight.Tensor.MadeFrom?[0].File.Path ?? weight.Tensor.File.Path).Distinct())
        {
            cancellation.ThrowIfCancellationRequested();
            File.Copy(shard, Path.Combine(to, Path.GetFileName(shard)));
        }

        CopySideFiles(model.Path, to);
        string templates = Path.Combine(model.Path, TemplateFolder);
        if (Directory.Exists(templates))
            CopySideFiles(templates, Directory.CreateDirectory(Path.Combine(to, TemplateFolder)).FullName);
    }

    private static void CopySideFiles(string from, string to)
    {
        foreach (var file in new DirectoryInfo(from).GetFiles())
        {
            if (!WeightFiles.Contains(file.Extension) && file.Length <= MaxSideFileBytes)
                file.CopyTo(Path.Combine(to, file.Name), overwrite: true);
        }
    }

    private static unsafe void WriteSums(StoredTensor tensor, AdapterMatrix matrix, float scale, string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        var row = new float[matrix.Inputs];
        var bytes = new byte[tensor.Type.RowBytes(matrix.Inputs)];
        byte* stored = tensor.File.At(tensor.Offset, tensor.Bytes);
        for (int r = 0; r < matrix.Outputs; r++)
        {
            BlockCodec.DecodeRow(tensor.Type, new ReadOnlySpan<byte>(stored + ((long)r * bytes.Length), bytes.Length), row);
            AdapterProduct.AddRow(matrix, scale, r, row);
            BlockCodec.EncodeRow(tensor.Type, row, bytes);
            RandomAccess.Write(file, bytes, tensor.Offset + ((long)r * bytes.Length));
        }

        tensor.Release();
    }

    private static void Publish(string temporary, string output)
    {
        string? old = Directory.Exists(output) ? $"{output}.{Guid.NewGuid():N}.old" : null;
        if (old is not null)
            Directory.Move(output, old);
        Directory.Move(temporary, output);
        if (old is not null)
            Directory.Delete(old, recursive: true);
    }
}

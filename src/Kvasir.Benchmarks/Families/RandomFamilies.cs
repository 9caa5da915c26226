using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kvasir.Benchmarks.Fuzzing;
using Kvasir.Models;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Benchmarks.Families;

/// <summary>Writes tiny random models of families as Hugging Face folders. Which tensors a folder needs comes from the family's own description.</summary>
internal static class RandomFamilies
{
    /// <summary>Writes one model of each family into a folder of its own; returns the folders.</summary>
    public static IReadOnlyList<string> Write(string folder, int seed) =>
        [.. TinyFamilies.All.Select((family, i) => Write(Path.Combine(folder, family.Name), family.Config, unchecked((seed * 977) + i)))];

    /// <summary>Writes a model; returns its folder.</summary>
    /// <param name="folder">The folder, which is made.</param>
    /// <param name="configJson">Its config.json.</param>
    /// <param name="seed">Of its weights.</param>
    /// <param name="rename">The names of tensors as this file has them; null for the family's first.</param>
    /// <param name="attention">Factor on the spread of what makes queries, and of what is stored with it.</param>
    public static string Write(string folder, string configJson, int seed, Func<string, string>? rename = null, double attention = 1)
    {
        Directory.CreateDirectory(folder);
        var configPath = Path.Combine(folder, "config.json");
        File.WriteAllText(configPath, configJson);
        var (config, naming) = HuggingFaceConfig.Read(JsonFile.Read(configPath, 1 << 20));
        var random = new Random(seed);
        var tensors = new SortedDictionary<string, (long[] Shape, float[] Values)>(StringComparer.Ordinal);
        foreach (var (role, layer, index) in WeightShapes.All(config))
        {
            if (WeightShapes.Need(role, config, layer) == WeightNeed.Optional && !IsExpected(role, config, naming))
                continue;
            if (role == WeightRole.Output && config.TiedEmbeddings)
                continue;
            var (name, form) = naming.Places(role, layer, index).First();
            foreach (var part in form.HasFlag(WeightForm.HeadByHead) ? Heads(role, config, naming, layer) : [name])
            {
                var stored = rename?.Invoke(part) ?? part;
                if (!tensors.ContainsKey(stored))
                    tensors.Add(stored, Tensor(role, config, form, random, role is WeightRole.Query or WeightRole.QueryBias ? attention : 1));
            }
        }

        WriteTensors(Path.Combine(folder, "model.safetensors"), tensors);
        return folder;
    }

    // Biases that a file may have.
    private static bool IsExpected(WeightRole role, ModelConfig config, WeightNaming naming) => naming.Places(role, 0, 0).Any() && role switch
    {
        WeightRole.OutputBias or WeightRole.HeadDenseBias when config.Encoder is not null => true,
        WeightRole.OutputBias => config is { Norm: NormKind.Layer, NormBias: true, TiedEmbeddings: false },
        WeightRole.AttentionOutputBias => config.AttentionBias,
        _ => false,
    };

    private static IEnumerable<string> Heads(WeightRole role, ModelConfig config, WeightNaming naming, int layer) =>
        Enumerable.Range(0, role == WeightRole.QueryNorm ? config.QueryHeads : config.KvHeads).Select(head => naming.Places(role, layer, head).First().Name);

    private static (long[] Shape, float[] Values) Tensor(WeightRole role, ModelConfig config, WeightForm form, Random random, double factor)
    {
        var shape = WeightShapes.Of(role, config);
        if (form.HasFlag(WeightForm.HeadByHead))
            shape = [config.HeadDim];
        else if (form.HasFlag(WeightForm.HeadParts))
            shape = [WeightRows.StoredRows(role, config, form, 0), config.Latent!.Rank];
        else
            shape[0] = WeightRows.StoredRows(role, config, form, shape[0]);
        var columns = (int)shape[^1];
        if (form.HasFlag(WeightForm.Transposed) && shape.Length == 2)
            shape = [shape[1], shape[0]];
        if (form.HasFlag(WeightForm.Experts))
            shape = [WeightShapes.Count(role, config), .. shape];
        var (mean, deviation) = Distribution(role, config, shape, columns);
        return (shape, RandomModels.Row(random, (int)shape.Aggregate(1L, (a, b) => a * b), mean, factor * deviation));
    }

    private static (double Mean, double Deviation) Distribution(WeightRole role, ModelConfig config, long[] shape, int columns)
    {
        if (WeightShapes.IsNorm(role) || role is WeightRole.QueryDownNorm or WeightRole.LatentNorm or WeightRole.MixerNorm or WeightRole.MixerSkip
            or WeightRole.MixerStepNorm or WeightRole.MixerInNorm or WeightRole.MixerOutNorm)
            return (config.NormOffset ? 0 : 1, 0.2);
        return role switch
        {
            WeightRole.TokenEmbedding or WeightRole.PositionEmbedding or WeightRole.TokenTypeEmbedding => (0, 0.5),
            WeightRole.MixerKernel => (0, 0.4),
            WeightRole.MixerDecay => (0, 0.5),
            _ when shape.Length == 1 || !WeightShapes.IsMatrix(role) => (0, 0.2),
            _ => (0, 1.2 / Math.Sqrt(columns)),
        };
    }

    private static void WriteTensors(string path, SortedDictionary<string, (long[] Shape, float[] Values)> tensors)
    {
        var header = new StringBuilder("{");
        long offset = 0;
        foreach (var (name, (shape, values)) in tensors)
        {
            var end = offset + (values.Length * sizeof(float));
            header.Append(CultureInfo.InvariantCulture, $"{(offset > 0 ? "," : "")}\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }

        header.Append('}');
        var text = Encoding.UTF8.GetBytes(header.ToString().PadRight((header.Length + 7) / 8 * 8));
        using var file = File.Create(path);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        file.Write(length);
        file.Write(text);
        foreach (var (_, values) in tensors.Values)
            file.Write(MemoryMarshal.AsBytes<float>(values));
    }
}

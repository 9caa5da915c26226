using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// A LoRA adapter (Hu et al. 2021), read whole and decoded to binary32: a PEFT folder, or a GGUF file of llama.cpp's convention.
/// </summary>
public sealed class AdapterFile
{
    internal AdapterFile(string path, IReadOnlyList<AdapterMatrix> matrices)
    {
        Path = path;
        Matrices = matrices;
        Rank = matrices.Max(matrix => matrix.Rank);
        Fingerprint = Hash(matrices);
    }

    /// <summary>The file or folder, as it was given.</summary>
    public string Path { get; }

    /// <summary>What it adds, ordered by layer and role; at least one.</summary>
    public IReadOnlyList<AdapterMatrix> Matrices { get; }

    /// <summary>The largest rank.</summary>
    public int Rank { get; }

    /// <summary>
    /// SHA-256 over all that defines what is added: places, shapes, factors and values as they are used. 64 hexadecimal digits. The same
    /// adapter has the same fingerprint in both formats.
    /// </summary>
    public string Fingerprint { get; }

    /// <summary>Reads an adapter and checks it against the model that it is to change.</summary>
    /// <param name="path">A folder with adapter_config.json and adapter_model.safetensors, or a .gguf file.</param>
    /// <param name="model">The model's architecture.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, or made for a model of other shapes.</exception>
    /// <exception cref="UnsupportedModelException">It does more than add low-rank products to the matrices of the layers.</exception>
    public static AdapterFile Open(string path, ModelConfig model)
    {
        if (!model.TakesAdapters)
            throw new UnsupportedModelException(path, $"adapters are not supported for {model.Architecture} models, whose projections are fused, routed or kept in another order");
        if (Directory.Exists(path))
            return PeftAdapter.Open(path, model);
        if (!File.Exists(path))
            throw new FileNotFoundException($"there is no adapter at {path}; give a PEFT folder (adapter_config.json) or a GGUF file", path);
        string extension = System.IO.Path.GetExtension(path);
        if (extension is ".safetensors" or ".json" or ".bin")
            throw new UnsupportedModelException(path, "give the folder that holds adapter_config.json and adapter_model.safetensors, not one of its files");
        return GgufAdapter.Open(path, model);
    }

    private static string Hash(IReadOnlyList<AdapterMatrix> matrices)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("kvasir-adapter/1\n"u8);
        Span<byte> scale = stackalloc byte[sizeof(float)];
        foreach (var matrix in matrices)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{matrix.Role}/{matrix.Layer}/{matrix.Rank}/{matrix.Inputs}/{matrix.Outputs}\n")));
            BinaryPrimitives.WriteSingleBigEndian(scale, matrix.Scale);
            hash.AppendData(scale);
            hash.AppendData(MemoryMarshal.AsBytes(matrix.A.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(matrix.B.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// SHA-256 over leaves of 4 MiB of every tensor, then over the list of (role, layer, type, shape, row order, leaf hashes) and the
/// configuration. The leaves make it parallel; the result does not depend on how many threads there are.
/// </summary>
internal static unsafe class FingerprintHash
{
    private const long LeafBytes = 4 << 20;

    public static ModelFingerprint Compute(
        ModelConfig config, IReadOnlyList<(WeightRole Role, int Layer, StoredTensor Tensor, bool Interleaved)> weights)
    {
        var leaves = new List<(StoredTensor Tensor, long Start, long Length)>();
        foreach (var (_, _, tensor, _) in weights)
        {
            for (long start = 0; start < tensor.Bytes; start += LeafBytes)
                leaves.Add((tensor, start, Math.Min(LeafBytes, tensor.Bytes - start)));
        }

        var hashes = new byte[leaves.Count][];
        Parallel.For(0, leaves.Count, i =>
        {
            var (tensor, start, length) = leaves[i];
            hashes[i] = SHA256.HashData(new ReadOnlySpan<byte>(tensor.File.At(tensor.Offset + start, length), (int)length));
            tensor.File.Release(tensor.Offset + start, length);
        });

        using var root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        root.AppendData(Encoding.UTF8.GetBytes(Describe(config)));
        int leaf = 0;
        foreach (var (role, layer, tensor, interleaved) in weights)
        {
            root.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{role}/{layer}/{tensor.Type}/{tensor.ShapeText}/{interleaved}\n")));
            for (long start = 0; start < tensor.Bytes; start += LeafBytes)
                root.AppendData(hashes[leaf++]);
        }

        return new ModelFingerprint(root.GetHashAndReset());
    }

    private static string Describe(ModelConfig config)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"kvasir-model-1/{config.Architecture}/{config.VocabSize}/{config.HiddenSize}/{config.Layers}/");
        text.Append(CultureInfo.InvariantCulture, $"{config.QueryHeads}/{config.KvHeads}/{config.HeadDim}/{config.IntermediateSize}/");
        text.Append(CultureInfo.InvariantCulture, $"{config.NormEpsilon:R}/{config.TiedEmbeddings}/{config.Rope.RotaryDim}/");
        Span<byte> bits = stackalloc byte[4];
        foreach (float frequency in config.Rope.InverseFrequencies())
        {
            BinaryPrimitives.WriteSingleBigEndian(bits, frequency);
            text.Append(Convert.ToHexString(bits));
        }

        return text.Append('\n').ToString();
    }
}

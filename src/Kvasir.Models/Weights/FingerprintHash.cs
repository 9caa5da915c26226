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
        var leaves = new List<(RawTensor Stored, long Start, long Length)>();
        foreach (var stored in weights.SelectMany(weight => Stored(weight.Tensor)))
        {
            for (long start = 0; start < stored.Bytes; start += LeafBytes)
                leaves.Add((stored, start, Math.Min(LeafBytes, stored.Bytes - start)));
        }

        var hashes = new byte[leaves.Count][];
        Parallel.For(0, leaves.Count, i =>
        {
            var (stored, start, length) = leaves[i];
            hashes[i] = SHA256.HashData(new ReadOnlySpan<byte>(stored.File.At(stored.Offset + start, length), (int)length));
            stored.File.Release(stored.Offset + start, length);
        });

        using var root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        root.AppendData(Encoding.UTF8.GetBytes(ConfigText.Of(config)));
        int leaf = 0;
        foreach (var (role, layer, tensor, interleaved) in weights)
        {
            root.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{role}/{layer}/{tensor.Type}/{tensor.ShapeText}/{interleaved}\n")));
            foreach (var stored in Stored(tensor))
            {
                if (tensor.MadeFrom is not null)
                    root.AppendData(Encoding.UTF8.GetBytes($"{stored.Name}/{stored.Kind}/{stored.ShapeText}\n"));
                for (long start = 0; start < stored.Bytes; start += LeafBytes)
                    root.AppendData(hashes[leaf++]);
            }
        }

        return new ModelFingerprint(root.GetHashAndReset());
    }

    /// <summary>What the file holds: of a conversion, everything that it is made from.</summary>
    private static IReadOnlyList<RawTensor> Stored(StoredTensor tensor) => tensor.MadeFrom ?? [RawTensor.Of(tensor)];
}

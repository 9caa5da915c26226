using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>
/// Rank profiles as files: the header's length (8 bytes), a JSON header, then binary32 numbers, of each layer and part its losses, its mean,
/// its encoding and its decoding matrix.
/// </summary>
public static class RankProfileFile
{
    private const string Kind = "kvasir-rank-profile";
    private const int MaxHeaderBytes = 1 << 16;
    private const int MaxLayers = 1024;
    private const int MaxDimensions = 1 << 12;

    /// <summary>Writes a profile.</summary>
    public static void Write(RankProfile profile, string path)
    {
        var header = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["kind"] = Kind,
            ["fingerprint"] = profile.Fingerprint,
            ["layers"] = profile.Layers.Count,
            ["kvHeads"] = profile.KvHeads,
            ["headDim"] = profile.HeadDim,
            ["groupHeads"] = profile.GroupHeads,
        }.ToJsonString());
        using var stream = File.Create(path);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var basis in profile.Layers.SelectMany(layer => layer))
        {
            foreach (var numbers in new[] { basis.Losses, basis.Mean, basis.Encode, basis.Decode })
                stream.Write(MemoryMarshal.AsBytes(numbers.AsSpan()));
        }
    }

    /// <summary>Reads a profile.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no rank profile; says why.</exception>
    public static RankProfile Read(string path)
    {
        using var stream = File.OpenRead(path);
        try
        {
            Span<byte> length = stackalloc byte[sizeof(long)];
            stream.ReadExactly(length);
            if (BinaryPrimitives.ReadInt64LittleEndian(length) is not (> 0 and <= MaxHeaderBytes) and var given)
                throw new InvalidDataException($"{path} is no rank profile: a header of {given} bytes; 'kvasir kv profile-ranks' makes one");
            var bytes = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
            stream.ReadExactly(bytes);
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (!root.TryGetProperty("kind", out var kind) || kind.GetString() != Kind)
                throw new InvalidDataException($"{path} is no rank profile; 'kvasir kv profile-ranks' makes one");
            var (layers, heads, dim, group) = (Number("layers", MaxLayers), Number("kvHeads", MaxDimensions), Number("headDim", MaxDimensions), Number("groupHeads", MaxDimensions));
            var width = (long)group * dim;
            if (heads % group != 0 || width > MaxDimensions)
                throw new InvalidDataException($"{path}: {heads} KV heads of {dim} dimensions do not go in groups of {group}");
            var size = sizeof(long) + bytes.Length + (layers * 2L * (heads / group) * ((2 * width) + (2 * width * width)) * sizeof(float));
            if (stream.Length != size)
                throw new InvalidDataException($"{path} has {stream.Length} bytes, and a profile of this shape has {size}");
            return new RankProfile
            {
                Fingerprint = root.GetProperty("fingerprint").GetString() ?? "",
                KvHeads = heads,
                HeadDim = dim,
                Layers = [.. Enumerable.Range(0, layers).Select(_ => (RankBasis[])[.. Enumerable.Range(0, 2 * heads / group).Select(_ => Basis(width))])],
            };

            int Number(string name, int most) => root.GetProperty(name).GetInt32() is > 0 and var number && number <= most
                ? number
                : throw new InvalidDataException($"{path}: {name} must be from 1 to {most}");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or EndOfStreamException)
        {
            throw new InvalidDataException($"{path} is no rank profile: {error.Message}", error);
        }

        RankBasis Basis(long width)
        {
            var (losses, mean) = (Floats(width), Floats(width));
            return new RankBasis(losses, Floats(width * width), Floats(width * width), mean);
        }

        float[] Floats(long count)
        {
            var numbers = new float[count];
            stream.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
            return numbers;
        }
    }
}

using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Attention;

/// <summary>The bases of a model's layers, laid out for attention. Immutable; what points into it must keep it.</summary>
public sealed unsafe class LatentBases
{
    private readonly LatentLayer[] _layers;
    private readonly LatentPart[] _parts;
    private readonly float[] _decode;
    private readonly (float[] Matrix, float[] Mean, int Rank, int Width)[] _encode;
    private readonly int _kvHeads;
    private readonly int _headDim;
    private readonly int _groups;

    /// <summary>Lays bases out.</summary>
    /// <param name="kvHeads">KV heads of a layer.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="bits">Bits of a latent: 16, 8 or 4.</param>
    /// <param name="layers">For each layer and group of heads the keys' basis, then the values': <c>[layers][2 * groups]</c>.</param>
    /// <exception cref="ArgumentException">Shapes do not agree.</exception>
    public LatentBases(int kvHeads, int headDim, int bits, IReadOnlyList<IReadOnlyList<LatentBasis>> layers)
    {
        if (bits is not (16 or 8 or 4))
            throw new ArgumentException($"latents are stored in 16, 8 or 4 bits, not in {bits}", nameof(bits));
        _groups = layers[0].Count / 2;
        if (_groups == 0 || kvHeads % _groups != 0 || layers.Any(layer => layer.Count != 2 * _groups))
            throw new ArgumentException($"{_groups} groups of {kvHeads} KV heads in the first layer: all layers need the same groups of as many heads", nameof(layers));
        (_kvHeads, _headDim, Bits) = (kvHeads, headDim, bits);
        _layers = GC.AllocateArray<LatentLayer>(layers.Count, pinned: true);
        _parts = GC.AllocateArray<LatentPart>(layers.Count * 2 * kvHeads, pinned: true);
        _decode = GC.AllocateArray<float>(layers.Sum(layer => layer.Sum(basis => basis.Rank + 1)) * GroupHeads * Stride, pinned: true);
        _encode = new (float[], float[], int, int)[layers.Count * 2 * _groups];
        var decode = Pointer(_decode);
        for (var layer = 0; layer < layers.Count; layer++)
        {
            ref var form = ref _layers[layer];
            form.Bits = bits;
            form.Keys = Pointer(_parts) + (layer * 2 * kvHeads);
            form.Values = form.Keys + kvHeads;
            for (var i = 0; i < layers[layer].Count; i++)
            {
                var basis = layers[layer][i];
                _encode[(layer * 2 * _groups) + i] = Encoder(basis);
                for (var head = 0; head < GroupHeads; head++, decode += (basis.Rank + 1) * Stride)
                {
                    var part = (i % 2 == 0 ? form.Keys : form.Values) + (i / 2 * GroupHeads) + head;
                    *part = new LatentPart { Offset = form.RowBytes, Rank = basis.Rank, Basis = decode, Mean = decode + (basis.Rank * Stride) };
                    basis.Mean.Span.Slice(head * headDim, headDim).CopyTo(new Span<float>(part->Mean, headDim));
                    for (var r = 0; r < basis.Rank; r++)
                        basis.Decode.Span.Slice((r * Dimensions) + (head * headDim), headDim).CopyTo(new Span<float>(decode + (r * Stride), headDim));
                }

                form.RowBytes += LatentCode.Bytes(basis.Rank, bits);
            }
        }
    }

    /// <summary>Bits of a latent.</summary>
    public int Bits { get; }

    /// <summary>Layers.</summary>
    public int Layers => _layers.Length;

    /// <summary>Heads that share latents.</summary>
    public int GroupHeads => _kvHeads / _groups;

    /// <summary>Bytes of a row of a layer, all heads.</summary>
    public int RowBytes(int layer) => _layers[layer].RowBytes;

    /// <summary>Rank of a head's keys and of its values.</summary>
    public (int Keys, int Values) Ranks(int layer, int head) => (_layers[layer].Keys[head].Rank, _layers[layer].Values[head].Rank);

    internal LatentLayer* Layer(int layer) => Pointer(_layers) + layer;

    private int Stride => (_headDim + 15) & ~15;

    private int Dimensions => GroupHeads * _headDim;

    /// <summary>Encodes one row of a group of heads; a latent is one chain over ascending dimensions.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="group">The group.</param>
    /// <param name="values">False for keys, which come before their rotation.</param>
    /// <param name="x">Its heads' numbers, <c>[groupHeads * headDim]</c>.</param>
    /// <param name="row">The row.</param>
    internal void Encode(int layer, int group, bool values, ReadOnlySpan<float> x, byte* row)
    {
        var (matrix, mean, rank, width) = _encode[(((layer * _groups) + group) * 2) + (values ? 1 : 0)];
        Span<float> latents = stackalloc float[width];
        ref var from = ref matrix[0];
        for (var r = 0; r < width; r += Vector256<float>.Count)
        {
            var sum = Vector256<float>.Zero;
            for (var d = 0; d < x.Length; d++)
                sum = Vector256.FusedMultiplyAdd(Vector256.Create(x[d] - mean[d]), Vector256.LoadUnsafe(ref from, (nuint)((d * width) + r)), sum);
            sum.CopyTo(latents[r..]);
        }

        var part = (values ? _layers[layer].Values : _layers[layer].Keys)[group * GroupHeads];
        LatentCode.Encode(latents[..rank], Bits, row + part.Offset);
    }

    /// <summary>The encoding matrix by dimension, <c>[dimensions][rank rounded up to lanes]</c>.</summary>
    private (float[] Matrix, float[] Mean, int Rank, int Width) Encoder(LatentBasis basis)
    {
        if (basis.Rank < 0 || basis.Rank > Dimensions || basis.Encode.Length < basis.Rank * Dimensions || basis.Decode.Length < basis.Rank * Dimensions || basis.Mean.Length != Dimensions)
            throw new ArgumentException($"a basis of rank {basis.Rank} for {Dimensions} dimensions has {basis.Encode.Length} , {basis.Decode.Length} and {basis.Mean.Length} numbers");
        var lanes = Vector256<float>.Count;
        var width = (basis.Rank + lanes - 1) / lanes * lanes;
        var matrix = new float[Math.Max(1, Dimensions * width)];
        for (var r = 0; r < basis.Rank; r++)
        {
            for (var d = 0; d < Dimensions; d++)
                matrix[(d * width) + r] = basis.Encode.Span[(r * Dimensions) + d];
        }

        return (matrix, basis.Mean.ToArray(), basis.Rank, width);
    }

    /// <summary>The first element of an array that does not move.</summary>
    private static T* Pointer<T>(T[] pinned)
        where T : unmanaged => (T*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}

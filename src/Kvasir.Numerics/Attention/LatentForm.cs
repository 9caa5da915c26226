namespace Kvasir.Numerics.Attention;

/// <summary>
/// Rows as latents (Palu, Chang et al. 2024): projections of keys before their rotation, and of values, on a few directions. All heads of a
/// layer lie in one piece, rows behind one another.
/// </summary>
/// <param name="bases">The directions.</param>
/// <param name="ropes">The rotation of each layer's keys, null where there is none.</param>
public sealed unsafe class LatentForm(LatentBases bases, IReadOnlyList<RopeTable?> ropes) : IPackedForm
{
    /// <inheritdoc/>
    public int RowsPerPiece(KvLayout layout, int layer) => bases.RowBytes(layer) == 0 ? int.MaxValue : (int)Math.Min(int.MaxValue, layout.SliceBytes / bases.RowBytes(layer));

    /// <inheritdoc/>
    public double RowBytes(KvLayout layout, int layer) => bases.RowBytes(layer);

    /// <inheritdoc/>
    public void Encode(KvLayout layout, int layer, Range heads, in PackedGroup rows, Range range, byte* piece, int place)
    {
        var (dim, together) = (layout.HeadDim, bases.GroupHeads);
        Span<float> keys = stackalloc float[together * dim], values = stackalloc float[together * dim];
        for (var row = range.Start.Value; row < range.End.Value; row++)
        {
            var to = piece + ((long)(place + row - range.Start.Value) * bases.RowBytes(layer));
            for (var group = 0; group < layout.KvHeads / together; group++)
            {
                for (var head = 0; head < together; head++)
                {
                    var at = ((((group * together) + head) * IPackedForm.GroupRows) + row) * dim;
                    rows.Keys.Slice(at, dim).CopyTo(keys[(head * dim)..]);
                    rows.Values.Slice(at, dim).CopyTo(values[(head * dim)..]);
                }

                ropes[layer]?.TurnBack(keys, dim, rows.Position + row);
                bases.Encode(layer, group, values: false, keys, to);
                bases.Encode(layer, group, values: true, values, to);
            }
        }
    }

    /// <inheritdoc/>
    public void Read(KvLayout layout, int layer, int head, byte* piece, int place, int position, Span<float> key, Span<float> value)
    {
        ref readonly var form = ref *bases.Layer(layer);
        var row = piece + ((long)place * form.RowBytes);
        Decode(form, form.Keys[head], row, key);
        if (ropes[layer] is { } rope)
            KvRowReader.Rotate(key, key.Length, rope.At(position), rope.Half);
        Decode(form, form.Values[head], row, value);
    }

    /// <inheritdoc/>
    public void Describe(ref KvSegment segment, int layer, int position)
    {
        segment.Latent = bases.Layer(layer);
        segment.LatentPosition = position;
    }

    private static void Decode(in LatentLayer layer, in LatentPart part, byte* row, Span<float> to)
    {
        var stride = (to.Length + 15) & ~15;
        new ReadOnlySpan<float>(part.Mean, to.Length).CopyTo(to);
        for (var r = 0; r < part.Rank; r++)
        {
            float latent;
            LatentCode.Decode(row + part.Offset, part.Rank, layer.Bits, r, 1, &latent);
            for (var d = 0; d < to.Length; d++)
                to[d] = MathF.FusedMultiplyAdd(latent, part.Basis[(r * stride) + d], to[d]);
        }
    }
}

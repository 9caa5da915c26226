using System.Runtime.Intrinsics;
using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// The levels that the values of one block can take: <c>Scale * (q - Offset) + Minimum</c>. Scale and minimum are as the block stores
/// them; in super-blocks, which store them in common, they are free, and the minimum is not above zero.
/// </summary>
internal readonly struct BlockGrid
{
    private readonly float _inverse;
    private readonly float _lowest;
    private readonly float _highest;

    public BlockGrid(DataType type, float scale, float minimum)
    {
        if (type.HasSuperBlocks)
        {
            Scale = scale;
            Minimum = type.HasMinimum ? Math.Min(0, minimum) : 0;
            Offset = SuperBlockCodec.Offset(type);
        }
        else
        {
            ScaleBits = Float16.FromSingle(scale);
            MinimumBits = type.HasMinimum ? Float16.FromSingle(minimum) : (ushort)0;
            Scale = Float16.ToSingle(ScaleBits);
            Minimum = Float16.ToSingle(MinimumBits);
            Offset = BlockCodec.Offset(type);
        }

        _inverse = Scale != 0 ? 1 / Scale : 0;
        _lowest = type == DataType.Q8_0 ? 1 : 0; // -128 is left out, as every Q8_0 writer does
        _highest = Levels(type) - 1;
    }

    /// <summary>The number of levels.</summary>
    public static int Levels(DataType type) => type.HasSuperBlocks ? SuperBlockCodec.Levels(type) : BlockCodec.Levels(type);

    public ushort ScaleBits { get; }

    public ushort MinimumBits { get; }

    public float Scale { get; }

    public float Minimum { get; }

    public int Offset { get; }

    public bool IsUsable => float.IsFinite(Scale) && float.IsFinite(Minimum) && float.IsFinite(_inverse);

    /// <summary>The nearest level's unsigned number.</summary>
    public byte Quantise(float value)
    {
        float level = MathF.Round((value - Minimum) * _inverse) + Offset;
        return (byte)(level < _lowest ? _lowest : level > _highest ? _highest : level);
    }

    /// <summary>The values of the nearest levels; lane by lane what <see cref="Quantise"/> and <see cref="Value"/> give.</summary>
    public Vector256<float> Nearest(Vector256<float> values)
    {
        var offset = Vector256.Create((float)Offset);
        var level = Vector256.Round((values - Vector256.Create(Minimum)) * Vector256.Create(_inverse)) + offset;
        level = Vector256.Min(Vector256.Max(level, Vector256.Create(_lowest)), Vector256.Create(_highest));
        return (Vector256.Create(Scale) * (level - offset)) + Vector256.Create(Minimum);
    }

    public float Value(byte quant) => (Scale * (quant - Offset)) + Minimum;
}

namespace Kvasir.Numerics.Kernels;

/// <summary>Moves weights from a file's row order into panels.</summary>
internal static unsafe class WeightPacker
{
    /// <summary>Packs rows <c>[0, source.Rows)</c> as columns <paramref name="firstColumn"/> and on of <paramref name="part"/>.</summary>
    public static void Pack(in MatrixSource source, PackedPart part, int firstColumn)
    {
        var rowBytes = source.RowBytes;
        for (var row = 0; row < source.Rows; row++)
        {
            var stored = source.RowOrder is { } order ? order[row] : row;
            var from = (byte*)source.Data + (stored * rowBytes);
            var column = firstColumn + row;
            var panel = part.Panel(column / PackedPart.PanelColumns);
            var lane = column % PackedPart.PanelColumns;
            if (source.Type.IsQuantized)
                PackQuantized(source.Type, from, part, panel, lane);
            else
                PackFloats(source, from, panel, lane);
        }
    }

    private static void PackFloats(in MatrixSource source, byte* from, byte* panel, int lane)
    {
        if (source.Type == DataType.F32)
        {
            for (var k = 0; k < source.Columns; k++)
                ((uint*)panel)[((long)k * 32) + lane] = ((uint*)from)[k];
        }
        else
        {
            for (var k = 0; k < source.Columns; k++)
                ((ushort*)panel)[((long)k * 32) + lane] = ((ushort*)from)[k];
        }
    }

    private static void PackQuantized(DataType type, byte* from, PackedPart part, byte* panel, int lane)
    {
        Span<byte> values = stackalloc byte[32];
        var layout = part.Layout;
        var blockBytes = type.BlockBytes;
        for (var block = 0; block < part.Blocks; block++)
        {
            BlockCodec.UnpackBlock(
                type, new ReadOnlySpan<byte>(from + (block * blockBytes), blockBytes), values, out var scale, out var minimum);
            var to = panel + ((long)block * layout.Bytes);
            ((ushort*)(to + layout.Scales))[lane] = scale;
            if (type.HasMinimum)
                ((ushort*)(to + layout.Minima))[lane] = minimum;
            for (var k = 0; k < 32; k++)
            {
                var group = k / 4;
                var place = (lane * 4) + (k % 4);
                if (type == DataType.Q8_0)
                {
                    to[(group * 128) + place] = values[k];
                    continue;
                }

                var nibble = values[k] & 0xF;
                to[(group % 4 * 128) + place] |= (byte)(group < 4 ? nibble : nibble << 4);
                if (type.HasFifthBits)
                    to[layout.High + place] |= (byte)(values[k] >> 4 << group);
            }
        }
    }
}

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

    private static void PackQuantized(DataType type, byte* from, PackedPart part, byte* panel, int column)
    {
        Span<byte> values = stackalloc byte[32];
        Span<int> scales = stackalloc int[2];
        var form = part.Form;
        var blockBytes = type.BlockBytes;
        for (var block = 0; block < part.Blocks; block++)
        {
            var stored = new ReadOnlySpan<byte>(from + ((long)block / form.GroupBlocks * blockBytes), blockBytes);
            var to = panel + form.BlockOffset(block);
            if (form.HasSuperBlocks)
            {
                SuperBlockCodec.UnpackBlock(type, stored, block % 8, values, scales, out var minimum);
                for (var s = 0; s < form.ScalesPerBlock; s++)
                    to[form.Scales + (s * 32) + column] = (byte)scales[s];
                if (form.HasMinimum)
                    to[form.Minima + column] = (byte)minimum;
                var header = (ushort*)(panel + form.HeaderOffset(block)) + column;
                SuperBlockCodec.ReadFactors(type, stored, out *header, out var factor);
                if (form.HasMinimum)
                    header[32] = factor;
            }
            else
            {
                BlockCodec.UnpackBlock(type, stored, values, out var scale, out var minimum);
                ((ushort*)(to + form.Scales))[column] = scale;
                if (form.HasMinimum)
                    ((ushort*)(to + form.Minima))[column] = minimum;
            }

            for (var k = 0; k < 32; k++)
                PackValue(form, to, column, k, values[k]);
        }
    }

    private static void PackValue(QuantForm form, byte* to, int column, int k, int value)
    {
        var group = k / 4;
        var place = (column * 4) + (k % 4);
        if (form.Bits == 8)
        {
            to[(group * 128) + place] = (byte)value;
            return;
        }

        var low = value & 0xF;
        to[(group % 4 * 128) + place] |= (byte)(group < 4 ? low : low << 4);
        if (form.Bits == 5)
            to[form.High + place] |= (byte)(value >> 4 << group);
        else if (form.Bits == 6)
            to[form.High + (group / 4 * 128) + place] |= (byte)(value >> 4 << (2 * (group % 4)));
    }
}

namespace Kvasir.Numerics.Kernels;

/// <summary>Moves weights from a file's row order into panels.</summary>
internal static unsafe class WeightPacker
{
    /// <summary>Packs matrices that follow each other as columns of <paramref name="part"/>, on all processors.</summary>
    public static void Pack(ReadOnlySpan<MatrixSource> sources, PackedPart part)
    {
        var matrices = sources.ToArray();
        Parallel.For(0, part.Panels, panel => PackPanel(matrices, part, panel));
    }

    private static void PackPanel(MatrixSource[] matrices, PackedPart part, int panel)
    {
        var first = panel * PackedPart.PanelColumns;
        var last = Math.Min(part.Columns, first + PackedPart.PanelColumns);
        var to = part.Panel(panel);
        var matrix = 0;
        var start = 0;
        for (var column = first; column < last; column++)
        {
            while (column >= start + matrices[matrix].Rows)
                start += matrices[matrix++].Rows;
            ref readonly var source = ref matrices[matrix];
            var row = column - start;
            if (source.RowOrder is { } order)
                row = order[row];
            if (source.Stride > 0 && source.Type.IsQuantized)
                throw new ArgumentException($"a matrix of type {source.Type} cannot be read transposed");
            var from = (byte*)source.Data + (row * (source.Stride > 0 ? source.Type.BlockBytes : source.RowBytes));
            if (source.Type.IsQuantized)
                PackQuantized(source.Type, from, part, to, column - first);
            else
                PackFloats(source, from, to, column - first);
        }
    }

    private static void PackFloats(in MatrixSource source, byte* from, byte* panel, int lane)
    {
        long step = Math.Max(1, source.Stride);
        if (source.Type == DataType.F32)
        {
            for (var k = 0; k < source.Columns; k++)
                ((uint*)panel)[((long)k * 32) + lane] = ((uint*)from)[k * step];
        }
        else
        {
            for (var k = 0; k < source.Columns; k++)
                ((ushort*)panel)[((long)k * 32) + lane] = ((ushort*)from)[k * step];
        }
    }

    private static void PackQuantized(DataType type, byte* from, PackedPart part, byte* panel, int column)
    {
        Span<byte> values = stackalloc byte[32];
        Span<int> scales = stackalloc int[2], minima = stackalloc int[2];
        var form = part.Form;
        var blockBytes = type.BlockBytes;
        for (var block = 0; block < part.Blocks; block++)
        {
            var stored = new ReadOnlySpan<byte>(from + ((long)block / form.GroupBlocks * blockBytes), blockBytes);
            var to = panel + form.BlockOffset(block);
            if (form.HasSuperBlocks)
            {
                SuperBlockCodec.UnpackBlock(type, stored, block % 8, values, scales, minima);
                for (var s = 0; s < form.ScalesPerBlock; s++)
                {
                    to[form.Scales + (s * 32) + column] = (byte)scales[s];
                    if (form.HasMinimum)
                        to[form.Minima + (s * 32) + column] = (byte)minima[s];
                }

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

            fixed (byte* all = values)
                PackValues(form, to, column, (uint*)all);
        }
    }

    /// <summary>Eight groups of four values of a column, a group in 32 bits.</summary>
    private static void PackValues(QuantForm form, byte* to, int column, uint* groups)
    {
        if (form.Bits == 8)
        {
            for (var g = 0; g < 8; g++)
                ((uint*)(to + (g * 128)))[column] = groups[g];
            return;
        }

        var vectors = form.LowBits;
        var low = form.LowBits == 4 ? 0x0F0F_0F0Fu : 0x0303_0303u;
        for (var g = 0; g < vectors; g++)
        {
            uint packed = 0;
            for (var next = g; next < 8; next += vectors)
                packed |= (groups[next] & low) << (next / vectors * form.LowBits);
            ((uint*)(to + (g * 128)))[column] = packed;
        }

        if (form.Bits == form.LowBits)
            return;
        uint first = 0, second = 0;
        for (var g = 0; g < 8; g++)
        {
            if (form.Bits - form.LowBits == 1)
                first |= (groups[g] >> form.LowBits & 0x0101_0101) << g;
            else if (g < 4)
                first |= (groups[g] >> 4 & 0x0303_0303) << (2 * g);
            else
                second |= (groups[g] >> 4 & 0x0303_0303) << (2 * (g - 4));
        }

        ((uint*)(to + form.High))[column] = first;
        if (form.Bits == 6)
            ((uint*)(to + form.High + 128))[column] = second;
    }
}

using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>Brings rows in <see cref="PackedForm"/> into a tile: keys <c>[4 groups][headDim][16 rows]</c>, values <c>[64 rows][stride]</c>.</summary>
internal static unsafe class PackedLoader<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Rows = PackedForm.GroupRows;

    /// <summary>Loads rows that lie in one group.</summary>
    /// <param name="form">The form.</param>
    /// <param name="group">The group, for one head.</param>
    /// <param name="first">First row of it.</param>
    /// <param name="count">Rows.</param>
    /// <param name="tileRow">Row of the tile that the first one goes to.</param>
    /// <param name="scratch">Receives keys and values.</param>
    /// <param name="values">False when keys are enough.</param>
    public static void Load(in PackedForm form, byte* group, int first, int count, int tileRow, AttentionScratch scratch, bool values)
    {
        if (count == Rows && tileRow % KvLayout.RowGroup == 0)
        {
            // The numbers of a line of keys are the rows of two neighbouring groups of the tile.
            var keys = scratch.Keys + (tileRow * form.HeadDim);
            Lines(form, group, 0, form.HeadDim, keys, KvLayout.RowGroup, keys + (KvLayout.RowGroup * form.HeadDim));
        }
        else
        {
            KeysOneByOne(form, group, first, count, tileRow, scratch.Keys);
        }

        if (!values)
            return;
        var linesPerRow = form.HeadDim / Rows;
        if (linesPerRow % form.LinesPerUnit == 0)
        {
            for (var row = 0; row < count; row++)
            {
                var to = scratch.Values + ((tileRow + row) * scratch.Stride);
                Lines(form, group + form.PartBytes, (first + row) * linesPerRow, linesPerRow, to, Rows, to + KvLayout.RowGroup);
            }
        }
        else if (count == Rows && linesPerRow == 1)
        {
            var to = scratch.Values + (tileRow * scratch.Stride);
            Lines(form, group + form.PartBytes, 0, Rows, to, scratch.Stride, to + KvLayout.RowGroup);
        }
        else
        {
            ValuesOneByOne(form, group + form.PartBytes, first, count, scratch.Values + (tileRow * scratch.Stride), scratch.Stride);
        }
    }

    /// <summary>Decodes lines that begin with a unit: of each the first 16 numbers to one place and the others to another, at a stride from line to line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Lines(in PackedForm form, byte* part, int line, int count, float* lower, int stride, float* upper)
    {
        var (bits, mask, perUnit) = (form.Bits, form.MaxCode, form.LinesPerUnit);
        var scales = (ushort*)part + line;
        var minima = scales + form.HeadDim;
        var unit = part + form.HeaderBytes + (line / perUnit * PackedForm.UnitBytes);
        var shift = 0;
        for (var i = 0; i < count; i++, lower += stride, upper += stride)
        {
            var scale = TLanes.Broadcast(Float16.ToSingle(scales[i]));
            var minimum = TLanes.Broadcast(Float16.ToSingle(minima[i]));
            TLanes.Store(TLanes.Fma(TLanes.LoadBits(unit, shift, mask), scale, minimum), lower);
            TLanes.Store(TLanes.Fma(TLanes.LoadBits(unit, shift + bits, mask), scale, minimum), upper);
            shift += 2 * bits;
            if (shift < 8)
                continue;
            shift = 0;
            unit += PackedForm.UnitBytes;
        }
    }

    private static void KeysOneByOne(in PackedForm form, byte* part, int first, int count, int tileRow, float* tile)
    {
        for (var i = 0; i < count; i++)
        {
            var (row, lane) = ((tileRow + i) / KvLayout.RowGroup, (tileRow + i) % KvLayout.RowGroup);
            var to = tile + (row * KvLayout.RowGroup * form.HeadDim) + lane;
            for (var d = 0; d < form.HeadDim; d++)
                to[d * KvLayout.RowGroup] = PackedRows.Number(form, part, d, first + i);
        }
    }

    private static void ValuesOneByOne(in PackedForm form, byte* part, int first, int count, float* to, int stride)
    {
        for (var i = 0; i < count; i++, to += stride)
        {
            for (var d = 0; d < form.HeadDim; d++)
                to[d] = PackedRows.Number(form, part, ((first + i) * form.HeadDim / Rows) + (d / Rows), d % Rows);
        }
    }
}

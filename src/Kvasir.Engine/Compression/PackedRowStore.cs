using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Compression;

/// <summary>Carries out a <see cref="RowPacking"/>: what packed rows take, and the table that they go to at the compress point.</summary>
/// <param name="layout">The pool's layout.</param>
/// <param name="packing">When rows are packed.</param>
/// <param name="lanes">Lanes of a layer.</param>
internal sealed class PackedRowStore(KvLayout layout, RowPacking packing, int lanes)
{
    private readonly PackedForm _form = new(packing.Bits, layout.HeadDim);

    /// <summary>Why rows of a pool cannot be packed, or null when they can.</summary>
    public static string? WhyNot(KvLayout layout, RowPacking packing)
    {
        if (layout.HeadDim % PackedForm.GroupRows != 0)
            return $"its heads have {layout.HeadDim} dimensions, and numbers are packed {PackedForm.GroupRows} at a time";
        if (layout.IsQuantized)
            return $"the KV cache holds {layout.Type}, which is quantised already; use another KV type (--kv-type f16)";
        return new PackedForm(packing.Bits, layout.HeadDim).GroupsPerPiece(layout) > 0
            ? null
            : $"a block of {layout.BlockRows} rows has no room for {PackedForm.GroupRows} packed ones; use larger blocks";
    }

    /// <summary>Pieces that a lane of so many rows lies in.</summary>
    public int Pieces(int rows)
    {
        var packed = packing.PackedRows(rows);
        var perPiece = _form.GroupsPerPiece(layout);
        return ((packed / PackedForm.GroupRows) + perPiece - 1) / perPiece + ((rows - packed + layout.BlockRows - 1) / layout.BlockRows);
    }

    /// <summary>Bytes of so many rows in all layers and heads, scales and minima included, without what is free in pieces.</summary>
    public double Bytes(int rows)
    {
        var packed = packing.PackedRows(rows);
        return ((double)packed / PackedForm.GroupRows * _form.GroupBytes * layout.Layers * layout.KvHeads) + ((rows - packed) * layout.BytesPerToken);
    }

    /// <summary>Rows of a lane that are packed when the step that computes row <paramref name="rows"/> - 1 is through.</summary>
    public int PackedRows(int rows) => packing.PackedRows(rows);

    /// <summary>Where the next step must end at the latest.</summary>
    public int NextPacking(int rows) => packing.NextPacking(rows);

    /// <summary>Copies the rows before the compress point to a table of their own.</summary>
    public RaggedTable Copy(BlockPool pool, UniformTable table, int point, BlockReservation reservation)
    {
        var copy = new RaggedTable(pool, lanes > 1) { DropsInSteps = true, SeesAllRows = true, Packing = _form };
        copy.Adopt(table.Length, Pieces(point) * layout.Layers * lanes, reservation);
        var packed = packing.PackedRows(point);
        var others = Enumerable.Range(packed, point - packed).ToArray();
        for (var layer = 0; layer < layout.Layers; layer++)
        {
            for (var lane = 0; lane < lanes; lane++)
            {
                copy.AppendPacked(layer, lane, table, packed);
                copy.AppendCopies(layer, lane, table, others);
            }
        }

        return copy;
    }
}

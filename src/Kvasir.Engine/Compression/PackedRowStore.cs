using Kvasir.Engine.Loading;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Compression;

/// <summary>Carries out a <see cref="RowPacking"/>: what packed rows take, and the table that they go to at the compress point.</summary>
internal sealed class PackedRowStore
{
    private readonly KvLayout _layout;
    private readonly RowPacking _packing;
    private readonly IPackedForm _form;
    private readonly int _lanes;

    /// <param name="model">The model.</param>
    /// <param name="packing">When rows are packed.</param>
    /// <param name="share">Share of their bytes that rows keep, where the packing has a choice.</param>
    /// <param name="lanes">Lanes of a layer.</param>
    public PackedRowStore(LoadedModel model, RowPacking packing, double share, int lanes)
    {
        (_layout, _packing, _lanes) = (model.Layout, packing, lanes);
        _form = packing.Ranks is { } ranks
            ? new LatentForm(ranks.Bases(share, packing.Bits), [.. model.KvLayers.Select((number, layer) => (number, layer)).Where(kept => kept.number >= 0).Select(kept => model.RopeOf(kept.layer))])
            : new PackedForm(packing.Bits, model.Layout.HeadDim);
    }

    /// <summary>Why rows of a pool cannot be packed, or null when they can.</summary>
    public static string? WhyNot(KvLayout layout, RowPacking packing)
    {
        if (layout.IsQuantized)
            return $"the KV cache holds {layout.Type}, which is quantised already; use another KV type (--kv-type f16)";
        if (packing.Ranks is { } ranks)
        {
            return (ranks.Layers.Count, ranks.KvHeads, ranks.HeadDim) == (layout.Layers, layout.KvHeads, layout.HeadDim)
                ? null
                : $"its rank profile is of {ranks.Layers.Count} layers with {ranks.KvHeads} KV heads of {ranks.HeadDim} dimensions, and the model has {layout.Layers} with {layout.KvHeads} of {layout.HeadDim}; make one of this model with 'kvasir kv profile-ranks'";
        }

        if (layout.HeadDim % PackedForm.GroupRows != 0)
            return $"its heads have {layout.HeadDim} dimensions, and numbers are packed {PackedForm.GroupRows} at a time";
        return new PackedForm(packing.Bits, layout.HeadDim).GroupsPerPiece(layout) > 0
            ? null
            : $"a block of {layout.BlockRows} rows has no room for {PackedForm.GroupRows} packed ones; use larger blocks";
    }

    /// <summary>Pieces that the lanes of so many rows lie in, over all layers.</summary>
    public int Pieces(int rows)
    {
        var packed = _packing.PackedRows(rows);
        var pieces = 0;
        for (var layer = 0; layer < _layout.Layers; layer++)
        {
            var perPiece = _form.RowsPerPiece(_layout, layer);
            pieces += _lanes * ((int)(((long)packed + perPiece - 1) / perPiece) + ((rows - packed + _layout.BlockRows - 1) / _layout.BlockRows));
        }

        return pieces;
    }

    /// <summary>Blocks that have so many pieces.</summary>
    public int Blocks(int rows) => (Pieces(rows) + (_layout.Layers * _lanes) - 1) / (_layout.Layers * _lanes);

    /// <summary>Bytes of so many rows in all layers and heads, scales and minima included, without what is free in pieces.</summary>
    public double Bytes(int rows)
    {
        var packed = _packing.PackedRows(rows);
        var bytes = (rows - packed) * _layout.BytesPerToken;
        for (var layer = 0; layer < _layout.Layers; layer++)
            bytes += packed * _form.RowBytes(_layout, layer);
        return bytes;
    }

    /// <summary>Rows of a lane that are packed when the step that computes row <paramref name="rows"/> - 1 is through.</summary>
    public int PackedRows(int rows) => _packing.PackedRows(rows);

    /// <summary>Where the next step must end at the latest.</summary>
    public int NextPacking(int rows) => _packing.NextPacking(rows);

    /// <summary>Copies the rows before the compress point to a table of their own.</summary>
    public RaggedTable Copy(BlockPool pool, UniformTable table, int point, BlockReservation reservation)
    {
        var copy = new RaggedTable(pool, _lanes > 1) { DropsInSteps = true, SeesAllRows = true, Packing = _form };
        copy.Adopt(table.Length, Pieces(point), reservation);
        var packed = _packing.PackedRows(point);
        var others = Enumerable.Range(packed, point - packed).ToArray();
        for (var layer = 0; layer < _layout.Layers; layer++)
        {
            for (var lane = 0; lane < _lanes; lane++)
            {
                copy.AppendPacked(layer, lane, table, packed);
                copy.AppendCopies(layer, lane, table, others);
            }
        }

        return copy;
    }
}

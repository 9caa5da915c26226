using Kvasir.Engine.Loading;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Compression;

/// <summary>Carries out a <see cref="RowPacking"/>: what packed rows take, and when they are packed.</summary>
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

    /// <summary>The form.</summary>
    public IPackedForm Form => _form;

    /// <summary>Pieces that a lane needs for a while when its rows are packed while they are copied.</summary>
    public int SparePieces => PiecesOf(IPackedForm.GroupRows, _layout.BlockRows);

    /// <summary>Pieces that so many rows of a lane lie in.</summary>
    public int Pieces(int layer, int rows)
    {
        var packed = _packing.PackedRows(rows);
        return PiecesOf(packed, _form.RowsPerPiece(_layout, layer)) + PiecesOf(rows - packed, _layout.BlockRows);
    }

    /// <summary>Blocks that the kept rows lie in, at most, and what it takes to pack them.</summary>
    /// <param name="kept">Rows of all lanes together.</param>
    /// <param name="most">Most rows of a lane.</param>
    public int MostBlocks(long kept, int most)
    {
        var lanes = _layout.Layers * _lanes;
        var pieces = (long)SparePieces;
        if (kept >= (long)most * lanes)
        {
            for (var layer = 0; layer < _layout.Layers; layer++)
                pieces += _lanes * Pieces(layer, most);
        }
        else
        {
            // However lanes share the rows: most stay as they are when every lane has a window and a group that is not full.
            var loose = Math.Min(kept, (long)lanes * (_packing.WindowRows + IPackedForm.GroupRows - 1));
            var perPiece = Enumerable.Range(0, _layout.Layers).Min(layer => _form.RowsPerPiece(_layout, layer));
            pieces += ((kept - loose) / perPiece) + (loose / _layout.BlockRows) + (2 * lanes) + 1;
        }

        return (int)((pieces + lanes - 1) / lanes);
    }

    /// <summary>Bytes of a table's rows in all layers and heads, scales and minima included, without what is free in pieces.</summary>
    public double Bytes(RaggedTable table)
    {
        double bytes = 0;
        for (var layer = 0; layer < _layout.Layers; layer++)
        {
            for (var lane = 0; lane < _lanes; lane++)
            {
                var packed = _packing.PackedRows(table.Rows(layer, lane));
                bytes += ((packed * _form.RowBytes(_layout, layer)) + ((table.Rows(layer, lane) - packed) * _layout.BytesPerToken / _layout.Layers)) / _lanes;
            }
        }

        return bytes;
    }

    /// <summary>Rows of a lane that are packed when a step is through after which it has so many.</summary>
    public int PackedRows(int rows) => _packing.PackedRows(rows);

    /// <summary>Where the next step must end at the latest: where the first lane has a group more to pack.</summary>
    /// <param name="table">The rows of the steps before.</param>
    /// <param name="length">Their length.</param>
    public int NextPacking(RaggedTable table, int length)
    {
        var least = int.MaxValue;
        for (var layer = 0; layer < _layout.Layers; layer++)
        {
            for (var lane = 0; lane < _lanes; lane++)
            {
                var rows = table.Rows(layer, lane);
                least = Math.Min(least, _packing.NextPacking(rows) - rows);
            }
        }

        return length + least;
    }

    private static int PiecesOf(int rows, int perPiece) => (int)(((long)rows + perPiece - 1) / perPiece);
}

namespace Kvasir.Numerics.Attention;

/// <summary>Brings the rows of a tile together: pieces of segments, their rotation and biases, rows of an overlay.</summary>
internal static unsafe class TileReader<TLanes>
    where TLanes : unmanaged, Lanes.ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;

    /// <summary>Finds which rows of the tile each query row sees. Returns those that any of them sees.</summary>
    public static ulong See(in AttentionBatch batch, in RowBlock block, in TileWalk tile, AttentionScratch scratch)
    {
        var any = 0UL;
        for (var row = 0; row < block.Count; row++)
        {
            var visible = 0UL;
            for (var s = tile.FirstSegment; s < tile.EndSegment; s++)
            {
                var piece = tile.Piece(s);
                if (piece.Count > 0)
                    visible |= VisibleRows.Bits(piece.Segment, piece.First, piece.Count, batch.Rows[block.Rows[row]]) << piece.TileRow;
            }

            scratch.Visible[row] = visible;
            any |= visible;
        }

        return any;
    }

    /// <summary>Loads the rows of one head; rows of the tile that no segment has hold anything.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="head">KV head.</param>
    /// <param name="scratch">Receives keys and values.</param>
    /// <param name="values">False when keys are enough.</param>
    /// <returns>What is added to the scores <c>[64]</c>, or null.</returns>
    public static float* Load(in AttentionBatch batch, in TileWalk tile, int head, AttentionScratch scratch, bool values)
    {
        float* bias = null;
        var packed = false;
        var keys = new KeyGather<TLanes>(batch.Layout, scratch);
        for (var s = tile.FirstSegment; s < tile.EndSegment; s++)
        {
            var piece = tile.Piece(s);
            if (piece.Count == 0)
                continue;
            if (piece.Segment.IsPacked)
                packed = true;
            else
                LoadRows(batch.Layout, tile, s, piece, head, scratch, values, ref keys);
            if (batch.Slopes != null)
                LoadPositions(piece, scratch.Positions);
            if (piece.Segment.LogitBias != null)
                bias = AddBias(piece, bias, scratch.Biases);
        }

        keys.Flush();
        for (var s = tile.FirstSegment; packed && s < tile.EndSegment; s++)
        {
            // Behind the others, whose groups are written as a whole.
            var piece = tile.Piece(s);
            if (piece.Segment.Latent != null)
                LoadLatent(batch.Rope, tile, piece, head, scratch, values);
            else if (piece.Segment.PackedBits != 0)
                LoadPacked(batch.Layout, tile, piece, head, scratch, values);
        }

        Rotate(batch, tile, scratch);
        if (tile.View.Overlay != null)
            LoadOverlay(batch.Layout, *tile.View.Overlay, tile, head, scratch, values);
        return bias;
    }

    private static void LoadPacked(KvLayout layout, in TileWalk tile, in TilePiece piece, int head, AttentionScratch scratch, bool values)
    {
        ref readonly var segment = ref piece.Segment;
        var form = new PackedForm(segment.PackedBits, layout.HeadDim);
        var slot = segment.FirstSlot + piece.First;
        for (var row = 0; row < piece.Count;)
        {
            var first = slot % PackedForm.GroupRows;
            var count = Math.Min(PackedForm.GroupRows - first, piece.Count - row);
            var group = segment.Slice + tile.View.SliceOffset + form.Offset(layout, head, slot / PackedForm.GroupRows);
            PackedLoader<TLanes>.Load(form, group, first, count, piece.TileRow + row, scratch, values);
            row += count;
            slot += count;
        }
    }

    private static void LoadLatent(RopeTable? rope, in TileWalk tile, in TilePiece piece, int head, AttentionScratch scratch, bool values)
    {
        ref readonly var segment = ref piece.Segment;
        var row = segment.Slice + tile.View.SliceOffset + ((long)(segment.FirstSlot + piece.First) * segment.Latent->RowBytes);
        LatentLoader<TLanes>.Load(*segment.Latent, row, piece.Count, head, segment.LatentPosition + piece.First, rope, piece.TileRow, scratch, values);
    }

    private static void LoadPositions(in TilePiece piece, int* positions)
    {
        ref readonly var segment = ref piece.Segment;
        for (var i = 0; i < piece.Count; i++)
        {
            var row = piece.First + i;
            positions[piece.TileRow + i] = (segment.Positions == null ? segment.BasePosition + row : segment.Positions[row]) + segment.PositionOffset;
        }
    }

    private static float* AddBias(in TilePiece piece, float* bias, float* biases)
    {
        if (bias == null)
            new Span<float>(biases, TileRows).Clear();
        for (var i = 0; i < piece.Count; i++)
            biases[piece.TileRow + i] = piece.Segment.LogitBias[piece.First + i];
        return biases;
    }

    /// <summary>Loads rows to a tile, group by group; before each group it asks for the rows one tile behind them.</summary>
    private static void LoadRows(
        KvLayout layout, in TileWalk tile, int s, in TilePiece piece, int head, AttentionScratch scratch, bool values, ref KeyGather<TLanes> keys)
    {
        ref readonly var segment = ref piece.Segment;
        var slot = segment.FirstSlot + piece.First;
        var slice = segment.Slice + tile.View.SliceOffset;
        if (segment.BlockStride != 0)
        {
            slice += slot / layout.BlockRows * segment.BlockStride;
            slot %= layout.BlockRows;
        }

        for (var row = 0; row < piece.Count;)
        {
            // As many rows as lie in one group here and there.
            var tileRow = piece.TileRow + row;
            var count = KvLayout.RowGroup - Math.Max(slot % KvLayout.RowGroup, tileRow % KvLayout.RowGroup);
            count = Math.Min(count, piece.Count - row);
            if (tile.GoesOn)
                TileAhead.Ask(tile.View, s, segment.FirstRow + piece.First + row + TileRows, count, layout, head);
            keys.Add(slice + layout.KeyOffset(head), slot, count, tileRow);
            if (values)
            {
                TileLoader<TLanes>.Values(
                    slice + layout.ValueOffset(head), layout, slot, count, scratch.Values + (tileRow * scratch.Stride), scratch.Stride);
            }

            row += count;
            slot += count;
            if (slot == layout.BlockRows && segment.BlockStride != 0)
            {
                slice += segment.BlockStride;
                slot = 0;
            }
        }
    }

    /// <summary>
    /// Rotates keys of segments with a position offset. Rotating the key forward equals rotating the query back; the tile is private, the
    /// stored row stays as it is.
    /// </summary>
    private static void Rotate(in AttentionBatch batch, in TileWalk tile, AttentionScratch scratch)
    {
        for (var s = tile.FirstSegment; s < tile.EndSegment;)
        {
            var piece = tile.Piece(s++);
            ref readonly var segment = ref piece.Segment;
            if (segment.PositionOffset == 0 || piece.Count == 0)
                continue;
            var rope = batch.Rope ?? throw new ArgumentException("a segment with a position offset needs the rope table", nameof(batch));
            var end = piece.TileRow + piece.Count;
            for (; s < tile.EndSegment && IsTurnedAs(tile.View.Segments[s], segment); s++)
                end = Math.Max(end, tile.Piece(s).TileRow + tile.Piece(s).Count);
            var rotation = segment.Rotation != null ? segment.Rotation : scratch.RotationBy(segment.PositionOffset, rope);
            TileLoader<TLanes>.Rotate(scratch.Keys, batch.Layout.HeadDim, piece.TileRow, end - piece.TileRow, rotation, rope.Half);
        }
    }

    private static bool IsTurnedAs(in KvSegment a, in KvSegment b) => a.PositionOffset == b.PositionOffset && a.Rotation == b.Rotation;

    /// <summary>Puts the overlay's rows in the place of rows of the tile's segments.</summary>
    private static void LoadOverlay(
        KvLayout layout, in KvOverlay overlay, in TileWalk tile, int head, AttentionScratch scratch, bool values)
    {
        var s = tile.FirstSegment;
        byte* wide = null;
        for (var i = overlay.FirstFrom(tile.Start); i < overlay.Count && overlay.Rows[i] < tile.Start + TileRows; i++)
        {
            var row = overlay.Rows[i];
            while (s < tile.EndSegment && row >= tile.View.Segments[s].FirstRow + tile.View.Segments[s].Count)
                s++;
            if (s == tile.EndSegment)
                return;
            if (row < tile.View.Segments[s].FirstRow)
                continue;
            var slice = overlay.Slices[overlay.Slots[i] / layout.BlockRows];
            var slot = overlay.Slots[i] % layout.BlockRows;
            var tileRow = (int)(row - tile.Start);

            // Neighbours mostly lie in one group, which is widened once.
            var keys = slice + layout.KeyOffset(head);
            var group = keys + (slot / KvLayout.RowGroup * KvLayout.RowGroup * layout.RowBytes);
            if (group != wide)
                TileLoader<TLanes>.KeyGroup(group, KeyFragment.ScalesOf(keys, slot / KvLayout.RowGroup, layout), layout, scratch.Overlaid);
            wide = group;
            TileLoader<TLanes>.CopyKey(scratch.Overlaid, slot % KvLayout.RowGroup, scratch.Keys, tileRow, layout.HeadDim);
            if (values)
                TileLoader<TLanes>.Values(slice + layout.ValueOffset(head), layout, slot, 1, scratch.Values + (tileRow * scratch.Stride), scratch.Stride);
        }
    }
}

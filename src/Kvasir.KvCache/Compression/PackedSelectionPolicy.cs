namespace Kvasir.KvCache.Compression;

/// <summary>
/// Fewer rows in fewer bits: one policy chooses at the compress point, and what it keeps is packed in KIVI's form (survey of KV cache management,
/// arXiv 2412.19442: selection and quantisation in one request). From the compress point on all rows stay, those of the answer too, and are
/// packed as they age: what the policy would drop in an answer it does not.
/// </summary>
/// <param name="selection">Chooses.</param>
/// <param name="bits">Bits of a number: 4 or 2.</param>
/// <param name="windowRows">Last rows of a lane that stay as they are.</param>
public sealed class PackedSelectionPolicy(ICompressionPolicy selection, int bits, int windowRows = PackedSelectionPolicy.UsualWindow) : ICompressionPolicy
{
    /// <summary>The rows that SnapKV's window keeps in any case; a budget of few rows would else be a window and little more.</summary>
    public const int UsualWindow = 32;

    /// <inheritdoc/>
    public string Name { get; } = $"{selection.Name}+kivi{bits}";

    /// <inheritdoc/>
    public bool PerHead => selection.PerHead;

    /// <inheritdoc/>
    public RowPacking? Packing { get; } = new(bits, windowRows);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The policy packs rows itself, or has them read at other positions than their own.</exception>
    public Compressor Start(CompressionShape shape)
    {
        var compressor = selection.Start(shape);
        return selection.Packing is not null ? throw new ArgumentException($"{selection.Name} packs rows itself")
            : compressor.ShiftedRows > 0 ? throw new ArgumentException($"{selection.Name} has rows read at other positions than their own, and packed rows are not")
            : new State(compressor);
    }

    private sealed class State(Compressor selection) : Compressor
    {
        public override int WindowRows => selection.WindowRows;

        public override int[] WindowHeads(int layer) => selection.WindowHeads(layer);

        public override bool NeedsColumnMass => selection.NeedsColumnMass;

        public override int LagRows => selection.LagRows;

        public override bool SharesOverLayers => selection.SharesOverLayers;

        public override void Observe(in LayerSignals signals) => selection.Observe(signals);

        public override void Select(int layer, int observed, RowSelection kept) => selection.Select(layer, observed, kept);
    }
}

namespace Kvasir.KvCache.Compression;

/// <summary>
/// KIVI (Liu et al. 2024): all rows stay; keys are quantised channel by channel over 32 rows, values row by row, and the last rows are kept as
/// they are. Keys and values of 32 rows are packed together as soon as they leave the window; the paper packs a value when it leaves
/// and keys in groups.
/// </summary>
/// <param name="bits">Bits of a number: 4 or 2.</param>
/// <param name="windowRows">Rows that stay as they are (the paper's residual length).</param>
public sealed class KiviPolicy(int bits, int windowRows = 128) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name { get; } = $"kivi{bits}";

    /// <inheritdoc/>
    public bool PerHead => false;

    /// <inheritdoc/>
    public RowPacking? Packing { get; } = new(bits, windowRows);

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State();

    private sealed class State : Compressor
    {
        public override int LagRows => 1 << 29; // all rows stay
    }
}

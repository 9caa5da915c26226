using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// Palu (Chang et al. 2024): all rows stay, but those before a window as latents, projections on the directions in which this model's keys and values lie.
/// The paper splits the projection matrices and computes latents at once; projecting finished rows on the same directions gives the same numbers, and
/// the last rows can stay as they are.
/// </summary>
/// <param name="ranks">The directions.</param>
/// <param name="bits">Bits of a latent: 16, 8 or 4.</param>
/// <param name="windowRows">Rows that stay as they are.</param>
public sealed class PaluPolicy(RankProfile ranks, int bits = 16, int windowRows = 128) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name { get; } = bits == 16 ? "palu" : $"palu{bits}";

    /// <inheritdoc/>
    public bool PerHead => false;

    /// <inheritdoc/>
    public RowPacking? Packing { get; } = new(bits, windowRows) { Ranks = ranks };

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State();

    private sealed class State : Compressor
    {
        public override int LagRows => 1 << 29; // all rows stay
    }
}

using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>
/// In which directions a model's keys, before their rotation, and values lie, and what leaving one out costs (Palu, Chang et al. 2024). Made by
/// <c>kvasir kv profile-ranks</c>, bound to the weights by their fingerprint.
/// </summary>
public sealed class RankProfile
{
    private const int KeptForms = 4;

    private readonly List<(double Share, int Bits, LatentBases Bases)> _bases = [];

    /// <summary>Fingerprint of the model.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>KV heads of a layer.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Dimensions of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>For each layer and group of heads the keys' basis, then the values': <c>[layers][2 * groups]</c>.</summary>
    public required IReadOnlyList<IReadOnlyList<RankBasis>> Layers { get; init; }

    /// <summary>Heads that share directions.</summary>
    public int GroupHeads => 2 * KvHeads / Layers[0].Count;

    private int Dimensions => GroupHeads * HeadDim;

    /// <summary>
    /// Bases of which rows take a share of the bytes that they have in 16 bits, scales counted: the dearest directions of the whole model. The same
    /// object for the same arguments, as long as few others were asked for.
    /// </summary>
    /// <param name="share">Share, above 0, up to 1.</param>
    /// <param name="bits">Bits of a latent: 16, 8 or 4.</param>
    public LatentBases Bases(double share, int bits)
    {
        lock (_bases)
        {
            var at = _bases.FindIndex(known => known.Share.Equals(share) && known.Bits == bits);
            var bases = at >= 0 ? _bases[at].Bases : Make(share, bits);
            if (at >= 0 || _bases.Count == KeptForms)
                _bases.RemoveAt(Math.Max(0, at));
            _bases.Add((share, bits, bases));
            return bases;
        }
    }

    /// <summary>Ranks for a share: every direction costs the same bytes, so that the dearest ones of all layers are the best choice.</summary>
    /// <param name="share">Share of the bytes in 16 bits.</param>
    /// <param name="bits">Bits of a latent.</param>
    /// <returns><c>[layers][2 * groups]</c>.</returns>
    public int[][] Ranks(double share, int bits)
    {
        var parts = Layers.Count * Layers[0].Count;
        var header = bits switch { 16 => 0, 8 => 32, _ => 36 }; // a scale, a minimum, and half a byte that an odd rank leaves
        var most = (int)Math.Clamp(((share * 16 * Dimensions) - header) * parts / bits, 0, (long)parts * Dimensions);
        var chosen = Layers.Select(layer => new int[layer.Count]).ToArray();
        var directions = from layer in Enumerable.Range(0, Layers.Count)
                         from part in Enumerable.Range(0, Layers[layer].Count)
                         from rank in Enumerable.Range(0, Dimensions)
                         select (Loss: Layers[layer][part].Losses[rank], layer, part);
        foreach (var (_, layer, part) in directions.OrderByDescending(direction => direction.Loss).Take(most))
            chosen[layer][part]++;
        return chosen;
    }

    private LatentBases Make(double share, int bits)
    {
        var ranks = Ranks(share, bits);
        return new LatentBases(KvHeads, HeadDim, bits, [.. Layers.Select((layer, l) => (IReadOnlyList<LatentBasis>)[.. layer.Select((basis, i) => Basis(basis, ranks[l][i], bits))])]);
    }

    /// <summary>
    /// Codes of a few bits share a scale, so that the first latents would take all of it: they are mixed by an orthogonal matrix that is folded into the
    /// basis (section 3.4; a cosine transform, which unlike Hadamard's there is for every rank).
    /// </summary>
    private LatentBasis Basis(RankBasis basis, int rank, int bits) => bits == 16
        ? new LatentBasis(basis.Encode, basis.Decode, rank, basis.Mean)
        : new LatentBasis(Mix(basis.Encode, rank), Mix(basis.Decode, rank), rank, basis.Mean);

    private float[] Mix(float[] rows, int rank)
    {
        var mixed = new float[rank * Dimensions];
        var sums = new double[Dimensions];
        for (var k = 0; k < rank; k++)
        {
            Array.Clear(sums);
            for (var r = 0; r < rank; r++)
            {
                var factor = Math.Sqrt((k == 0 ? 1.0 : 2.0) / rank) * Math.Cos(Math.PI * k * ((2 * r) + 1) / (2.0 * rank));
                for (var d = 0; d < sums.Length; d++)
                    sums[d] += factor * rows[(r * Dimensions) + d];
            }

            for (var d = 0; d < sums.Length; d++)
                mixed[(k * Dimensions) + d] = (float)sums[d];
        }

        return mixed;
    }
}

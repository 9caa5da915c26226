namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>
/// What was measured once of a model's heads: who copies, who finds, and how much each layer suffers from compression. Made by
/// <c>kvasir kv profile-heads</c>, bound to the weights by their fingerprint.
/// </summary>
public sealed record HeadProfile
{
    /// <summary>Fingerprint of the model.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>KV heads of a layer.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Mass on earlier copies of the same token, by query head <c>[layers][queryHeads]</c> (RazorAttention, section 3.2).</summary>
    public required double[][] Echo { get; init; }

    /// <summary>Mass on what followed earlier copies, by query head <c>[layers][queryHeads]</c>.</summary>
    public required double[][] Induction { get; init; }

    /// <summary>Mass on the span of a needle while one of its tokens is produced, by query head <c>[layers][queryHeads]</c> (CompressKV, section 3).</summary>
    public required double[][] Semantic { get; init; }

    /// <summary>The same by the older rule: only where the largest weight hits the produced token itself.</summary>
    public required double[][] Retrieval { get; init; }

    /// <summary>Relative error of each layer's output when its cache is compressed; sums to 1 <c>[layers]</c>.</summary>
    public required double[] LayerErrors { get; init; }

    /// <summary>Needles that the model found, of those that it was asked for: heads are judged by these.</summary>
    public required int Found { get; init; }

    /// <summary>Needles that it was asked for.</summary>
    public required int Asked { get; init; }

    /// <summary>Layers.</summary>
    public int Layers => Echo.Length;

    /// <summary>RazorAttention's retrieval heads: the best by echo, and the best by induction; a KV head has the score of its best query head.</summary>
    /// <param name="echoShare">Share of all KV heads by echo.</param>
    /// <param name="inductionShare">Share by induction.</param>
    public bool[][] RetrievalHeads(double echoShare = 0.01, double inductionShare = 0.14)
    {
        var chosen = new bool[Layers][];
        for (var layer = 0; layer < Layers; layer++)
            chosen[layer] = new bool[KvHeads];
        Choose(Echo, echoShare, chosen);
        Choose(Induction, inductionShare, chosen);
        return chosen;
    }

    /// <summary>CompressKV's voters: the best query heads of each layer.</summary>
    /// <param name="count">k: heads a layer.</param>
    /// <param name="semantic">False to go by the older rule (ablation).</param>
    public int[][] Voters(int count = 4, bool semantic = true)
    {
        var voters = new int[Layers][];
        for (var layer = 0; layer < Layers; layer++)
        {
            var scores = semantic ? Semantic[layer] : Retrieval[layer];
            voters[layer] = Found == 0
                ? [.. Enumerable.Range(0, scores.Length)]
                : [.. Enumerable.Range(0, scores.Length).OrderByDescending(head => scores[head]).ThenBy(head => head).Take(count).Order()];
        }

        return voters;
    }

    private void Choose(double[][] scores, double share, bool[][] chosen)
    {
        var group = scores[0].Length / KvHeads;
        var heads = new List<(double Score, int Layer, int Head)>();
        for (var layer = 0; layer < Layers; layer++)
        {
            for (var head = 0; head < KvHeads; head++)
                heads.Add((scores[layer].AsSpan(head * group, group).ToArray().Max(), layer, head));
        }

        foreach (var (_, layer, head) in heads.OrderByDescending(head => head.Score).Take(Math.Max(1, (int)Math.Round(heads.Count * share))))
            chosen[layer][head] = true;
    }
}

using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Weighs the directions of each layer's keys, and of its values, by what the answer loses without half of them.</summary>
/// <param name="run">Runs requests.</param>
/// <param name="pieces">Texts.</param>
/// <param name="judgedTokens">Tokens at their ends that are read behind cut rows.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class RankJudge(ProfileRun run, IReadOnlyList<int[]> pieces, int judgedTokens, CancellationToken cancellation)
{
    /// <summary>The profile with losses in nats.</summary>
    /// <param name="profile">Losses in any unit that is the same within a layer's keys, or values.</param>
    /// <param name="done">Hears the runs.</param>
    public RankProfile Weigh(RankProfile profile, Action<int> done)
    {
        var layers = profile.Layers.Count;
        var divergence = new double[layers, 2];
        for (var i = 0; i < pieces.Count; i++)
        {
            // One piece after the other: its context is computed once, and then found.
            var exact = Read(pieces[i], null);
            for (var at = 0; at < 2 * layers; at++)
            {
                var policy = new PaluPolicy(Cut(profile, at / 2, at % 2, out var share), 16, windowRows: 0);
                divergence[at / 2, at % 2] += Divergence(exact, Read(pieces[i], new KvCompression { Policy = policy, Share = share })) / pieces.Count;
                done((2 * layers * i) + at + 1);
            }
        }

        var weighed = profile.Layers.Select(layer => layer.ToArray()).ToArray();
        for (var at = 0; at < 2 * layers; at++)
        {
            var (layer, kind) = (at / 2, at % 2);
            var ranks = Cut(profile, layer, kind, out var share).Ranks(share, 16)[layer];
            var left = profile.Layers[layer].Select((basis, part) => part % 2 == kind ? basis.Losses.Skip(ranks[part]).Sum(loss => (double)loss) : 0).Sum();
            for (var part = kind; left > 0 && part < ranks.Length; part += 2)
                weighed[layer][part] = weighed[layer][part] with { Losses = [.. profile.Layers[layer][part].Losses.Select(loss => (float)(loss * divergence[layer, kind] / left))] };
        }

        return new RankProfile { Fingerprint = profile.Fingerprint, KvHeads = profile.KvHeads, HeadDim = profile.HeadDim, Layers = weighed };
    }

    /// <summary>A profile of which a share leaves out half of one layer's keys (or values), and nothing else.</summary>
    private static RankProfile Cut(RankProfile profile, int layer, int kind, out double share)
    {
        share = 1 - (0.25 / profile.Layers.Count);
        return new RankProfile
        {
            Fingerprint = profile.Fingerprint,
            KvHeads = profile.KvHeads,
            HeadDim = profile.HeadDim,
            Layers = [.. profile.Layers.Select((bases, l) => (RankBasis[])[.. bases.Select((basis, part) =>
                l == layer && part % 2 == kind ? basis : basis with { Losses = [.. basis.Losses.Select(_ => float.PositiveInfinity)] })])],
        };
    }

    private List<float[]> Read(int[] piece, KvCompression? compression)
    {
        var logits = new List<float[]>();
        var context = piece.Length - judgedTokens;
        run.Run(
            new GenerationRequest { Prompt = piece[..context], Continuation = piece[context..], MaxTokens = judgedTokens, IgnoreStopTokens = true, Compression = compression },
            row => logits.Add(row.ToArray()),
            cancellation);
        return logits;
    }

    /// <summary>Mean divergence of distributions from exact ones, nats.</summary>
    private static double Divergence(List<float[]> exact, List<float[]> cut) => exact.Zip(cut, (one, other) =>
    {
        var (all, others) = (LogSum(one), LogSum(other));
        var sum = 0.0;
        for (var i = 0; i < one.Length; i++)
            sum += Math.Exp(one[i] - all) * (one[i] - all - (other[i] - others));
        return Math.Max(0, sum);
    }).Average();

    private static double LogSum(float[] logits)
    {
        var most = (double)logits.Max();
        return most + Math.Log(logits.Sum(logit => Math.Exp(logit - most)));
    }
}

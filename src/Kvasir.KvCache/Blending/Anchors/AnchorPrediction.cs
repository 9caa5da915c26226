using Kvasir.Numerics;

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>Whether a text may borrow the offsets of anchors, and which (section 3 of the paper, equations 4 and 5).</summary>
public sealed class AnchorPrediction
{
    private AnchorPrediction(PredictionOutcome outcome, IReadOnlyList<Anchor> anchors, float[] weights)
    {
        Outcome = outcome;
        Anchors = anchors;
        Weights = weights;
        Entropy = Softmax.Entropy(weights);
    }

    /// <summary>Whether it may, and why not.</summary>
    public PredictionOutcome Outcome { get; }

    /// <summary>True when it may.</summary>
    public bool IsShareable => Outcome == PredictionOutcome.Shareable;

    /// <summary>The anchors that are long enough, oldest first.</summary>
    public IReadOnlyList<Anchor> Anchors { get; }

    /// <summary>Their weights, which add up to 1.</summary>
    public IReadOnlyList<float> Weights { get; }

    /// <summary>Entropy of the weights, bits.</summary>
    public double Entropy { get; }

    /// <summary>The entropy as a share of the largest possible, 0 to 1; 0 with fewer than two anchors.</summary>
    public double EntropyShare => Anchors.Count < 2 ? 0 : Entropy / Log2(Anchors.Count);

    /// <summary>The largest weight; 0 without anchors.</summary>
    public float TopWeight => Weights.Count == 0 ? 0 : Weights.Max();

    /// <summary>Compares a text with the anchors of a placeholder.</summary>
    /// <param name="sample">Base rows of the text.</param>
    /// <param name="pool">All anchors of the placeholder, oldest first.</param>
    /// <param name="settings">Parameters.</param>
    public static AnchorPrediction Predict(FreeRows sample, IReadOnlyList<Anchor> pool, AnchorSettings settings)
    {
        var longEnough = pool.Where(anchor => anchor.Base.Rows >= sample.Rows).ToArray();
        if (settings.Gamma <= 0)
            return new AnchorPrediction(PredictionOutcome.Off, longEnough, Uniform(longEnough.Length));
        if (longEnough.Length == 0 && pool.Count > 0)
            return new AnchorPrediction(PredictionOutcome.TooLong, [], []);
        var weights = new float[longEnough.Length];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = (float)Distance(sample, longEnough[i].Base, settings.Feature);
        Softmax.FromDistances(weights, settings.Scale, settings.SharingTemperature);
        if (longEnough.Length < 2)
            return new AnchorPrediction(PredictionOutcome.FewAnchors, longEnough, weights);
        var shareable = Softmax.Entropy(weights) <= settings.Gamma * Log2(longEnough.Length);
        return new AnchorPrediction(shareable ? PredictionOutcome.Shareable : PredictionOutcome.Uncertain, longEnough, weights);
    }

    /// <summary>‖h_φ - h_ψ‖₂ over the rows of the text.</summary>
    public static double Distance(FreeRows sample, FreeRows anchor, AnchorFeature feature)
    {
        sample.RequireModelOf(anchor);
        var sum = 0.0;
        var layers = feature == AnchorFeature.FirstValues ? 1 : sample.Layers;
        for (var layer = 0; layer < layers; layer++)
        {
            for (var row = 0; row < sample.Rows; row++)
                sum += RowMath.SquaredDistance(sample.Value(layer, row), anchor.Value(layer, row));
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The anchors that count as used: the heaviest, until they make up the share; the older of equals first.</summary>
    public IEnumerable<Anchor> Nucleus(double share)
    {
        var sum = 0.0;
        foreach (var index in Enumerable.Range(0, Anchors.Count).OrderByDescending(index => Weights[index]))
        {
            yield return Anchors[index];
            sum += Weights[index];
            if (sum >= share)
                yield break;
        }
    }

    private static double Log2(int count) => Elementary.Log(count) / Elementary.Log(2);

    private static float[] Uniform(int count)
    {
        var weights = new float[count];
        weights.AsSpan().Fill(1f / Math.Max(1, count));
        return weights;
    }
}

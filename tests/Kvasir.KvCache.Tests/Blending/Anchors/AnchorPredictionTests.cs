using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.KvCache.Tests.Blending.Anchors;

public sealed class AnchorPredictionTests
{
    private static readonly AnchorSettings Published = new() { Scale = DistanceScale.Published, SharingTemperature = 1, Gamma = 0.3 };

    [Fact]
    public void WeightsAndEntropy_AreThoseOfTheFormula()
    {
        // Two layers of two rows of three elements: distances over values are sqrt(12) * 0, 0.5 and 1.
        Anchor[] pool = [Anchor("a", 0), Anchor("b", 0.5f), Anchor("c", 1)];
        var prediction = AnchorPrediction.Predict(AnchorRows.Filled(2, 0), pool, Published);
        double[] raw = [1, Math.Exp(-Math.Sqrt(12) / 2), Math.Exp(-Math.Sqrt(12))];
        var weights = raw.Select(weight => weight / raw.Sum()).ToArray();
        var entropy = -weights.Sum(weight => weight * Math.Log2(weight));
        for (var i = 0; i < 3; i++)
            Assert.Equal(weights[i], prediction.Weights[i], 5);
        Assert.Equal(entropy, prediction.Entropy, 5);
        Assert.Equal(entropy / Math.Log2(3), prediction.EntropyShare, 5);
        Assert.Equal(weights[0], prediction.TopWeight, 5);
    }

    [Fact]
    public void ARelativeScale_DoesNotDependOnTheLengthOfTheText()
    {
        var settings = Published with { Scale = DistanceScale.Relative, SharingTemperature = 0.3f };
        AnchorPrediction Of(int rows, AnchorSettings by) => AnchorPrediction.Predict(
            AnchorRows.Filled(rows, 0), [.. new[] { 1f, 1.2f, 1.5f }.Select(fill => AnchorRows.Anchor($"{fill}", AnchorRows.Filled(rows, fill)))], by);
        Assert.Equal(Of(2, settings).Entropy, Of(200, settings).Entropy, 4);
        Assert.True(Of(2000, Published).Entropy < 0.01, "a raw norm drifts to one anchor as texts get longer");
        Assert.True(Of(2, Published).Entropy > 0.5);
    }

    [Theory]
    [InlineData(0.9, true)]
    [InlineData(0.99, true)]
    [InlineData(1.01, false)]
    public void TheEntropyRule_ComparesWithGammaTimesTheLargestEntropy(double entropyPerGamma, bool shareable)
    {
        Anchor[] pool = [Anchor("a", 0), Anchor("b", 0.5f), Anchor("c", 1)];
        var share = AnchorPrediction.Predict(AnchorRows.Filled(2, 0), pool, Published).EntropyShare;
        var prediction = AnchorPrediction.Predict(AnchorRows.Filled(2, 0), pool, Published with { Gamma = share / entropyPerGamma });
        Assert.Equal(shareable, prediction.IsShareable);
        Assert.Equal(shareable ? PredictionOutcome.Shareable : PredictionOutcome.Uncertain, prediction.Outcome);
    }

    [Fact]
    public void TooFewOrTooShortAnchors_AreNoHelp()
    {
        var settings = Published with { Gamma = 1 };
        var text = AnchorRows.Filled(3, 0);
        Assert.Equal(PredictionOutcome.FewAnchors, AnchorPrediction.Predict(text, [], settings).Outcome);
        Assert.Equal(PredictionOutcome.FewAnchors, AnchorPrediction.Predict(text, [AnchorRows.Anchor("a", AnchorRows.Filled(3, 0))], settings).Outcome);
        Assert.Equal(PredictionOutcome.TooLong, AnchorPrediction.Predict(text, [Anchor("a", 0), Anchor("b", 1)], settings).Outcome);
        Anchor[] mixed = [Anchor("short", 0), AnchorRows.Anchor("one", AnchorRows.Filled(3, 1)), AnchorRows.Anchor("two", AnchorRows.Filled(9, 2))];
        var prediction = AnchorPrediction.Predict(text, mixed, settings);
        Assert.True(prediction.IsShareable);
        Assert.Equal(["one", "two"], prediction.Anchors.Select(anchor => anchor.Id));
        Assert.Equal(PredictionOutcome.Off, AnchorPrediction.Predict(text, mixed, settings with { Gamma = 0 }).Outcome);
    }

    [Fact]
    public void TheNucleus_IsTheHeaviestAnchors_UntilTheyMakeUpTheShare()
    {
        Anchor[] pool = [Anchor("far", 2), Anchor("near", 0.1f), Anchor("equal", 0.1f), Anchor("middle", 0.4f)];
        var prediction = AnchorPrediction.Predict(AnchorRows.Filled(2, 0), pool, Published);
        Assert.Equal(["near", "equal"], prediction.Nucleus(0.5).Select(anchor => anchor.Id));
        Assert.Equal(["near", "equal", "middle", "far"], prediction.Nucleus(1).Select(anchor => anchor.Id));
    }

    [Fact]
    public void TheFirstLayerAlone_StandsForTheEmbeddings()
    {
        var anchor = AnchorRows.Made(2, (layer, _, _) => layer);
        Assert.Equal(0, AnchorPrediction.Distance(AnchorRows.Filled(2, 0), anchor, AnchorFeature.FirstValues));
        Assert.Equal(Math.Sqrt(6), AnchorPrediction.Distance(AnchorRows.Filled(2, 0), anchor, AnchorFeature.Values), 6);
    }

    private static Anchor Anchor(string id, float fill) => AnchorRows.Anchor(id, AnchorRows.Filled(2, fill));
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Kvasir.Models;

/// <summary>Everything in a configuration that changes a logit, as text: a part of the model's fingerprint.</summary>
internal static class ConfigText
{
    public static string Of(ModelConfig config)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"kvasir-model-1/{config.Architecture}/{config.VocabSize}/{config.HiddenSize}/{config.Layers}/");
        text.Append(CultureInfo.InvariantCulture, $"{config.QueryHeads}/{config.KvHeads}/{config.HeadDim}/{config.IntermediateSize}/");
        text.Append(CultureInfo.InvariantCulture, $"{config.NormEpsilon:R}/{config.TiedEmbeddings}/{config.Rope.RotaryDim}/");
        AddFrequencies(text, config.Rope);

        // A plain decoder has none of it, and the fingerprint of before.
        string features = Features(config);
        if (features != Features(Plain(config)))
            text.Append('\n').Append(features);
        return text.Append('\n').ToString();
    }

    /// <summary>The same without family and frequencies, piece by piece.</summary>
    public static string[] Traits(ModelConfig config) => string.Create(
        CultureInfo.InvariantCulture,
        $"{config.VocabSize}/{config.HiddenSize}/{config.Layers}/{config.QueryHeads}/{config.KvHeads}/{config.HeadDim}/{config.IntermediateSize}/{config.NormEpsilon:R}/{config.TiedEmbeddings}/{config.Rope.RotaryDim}/{Features(config)}").Split('/');

    private static ModelConfig Plain(ModelConfig config) => new()
    {
        Architecture = config.Architecture,
        VocabSize = config.VocabSize,
        HiddenSize = config.HiddenSize,
        Layers = config.Layers,
        QueryHeads = config.QueryHeads,
        KvHeads = config.KvHeads,
        HeadDim = config.HeadDim,
        IntermediateSize = config.IntermediateSize,
        MaxContext = config.MaxContext,
        NormEpsilon = config.NormEpsilon,
        Rope = config.Rope with { AttentionFactor = 1, Scaling = RopeScaling.None, LongDivisors = null },
    };

    private static string Features(ModelConfig c)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{c.Norm}/{c.NormOffset}/{(int)c.NormPlaces}/{c.OutputNorm}/{c.ParallelResidual}/{c.SharedNorm}/{c.ResidualFromNorm}/");
        text.Append(CultureInfo.InvariantCulture, $"{c.Activation}/{c.Gated}/{c.QueryKeyNorm}/{c.QueryKeyNormKind}/{c.AttentionScale:R}/{c.ScaleByLayer}/");
        text.Append(CultureInfo.InvariantCulture, $"{c.AttentionSoftCap:R}/{c.LogitSoftCap:R}/{c.EmbeddingScale:R}/{c.ResidualScale:R}/{c.LogitScale:R}/");
        text.Append(CultureInfo.InvariantCulture, $"{c.Alibi}/{c.AlibiScale:R}/{c.LearnedPositions}/{c.PositionOffset}/{c.EmbeddingNorm}/{c.EmbeddingSize}/{c.Sinks}/{c.LongQueryScale:R}/{c.LongQueryContext}/");
        text.Append(CultureInfo.InvariantCulture, $"{c.Rope.AttentionFactor:R}/");
        if (c.Rope.LongDivisors is not null)
            AddFrequencies(text, c.Rope.ForContext(int.MaxValue));
        foreach (var layer in c.LayerPlan)
            text.Append(CultureInfo.InvariantCulture, $"{layer.Mixer}:{layer.Window}:{layer.Rope}:{layer.FeedForward},");
        if (c.LocalRope is { } local)
        {
            text.Append(CultureInfo.InvariantCulture, $"/{local.RotaryDim}/{local.AttentionFactor:R}/");
            AddFrequencies(text, local);
        }

        if (c.Experts is { } e)
        {
            text.Append(CultureInfo.InvariantCulture, $"/{e.Count}/{e.Chosen}/{e.Width}/{e.Scoring}/{e.Normalised}/{e.Scale:R}/{e.Corrected}/{e.Groups}/{e.ChosenGroups}/");
            text.Append(CultureInfo.InvariantCulture, $"{e.GroupBest}/{e.SharedWidth}/{e.SharedGated}/{e.RouterBias}/{e.Bias}");
        }

        if (c.Latent is { } l)
            text.Append(CultureInfo.InvariantCulture, $"/{l.QueryRank}/{l.Rank}/{l.RotaryDim}/{l.PlainDim}/{l.ValueDim}/{l.NormEpsilon:R}/{l.Bias}");
        if (c.Recurrent is { } r)
        {
            text.Append(CultureInfo.InvariantCulture, $"/{r.Heads}/{r.HeadDim}/{r.Groups}/{r.StateSize}/{r.Kernel}/{r.NormEpsilon:R}/{r.MinStep:R}/{r.MaxStep:R}/");
            text.Append(CultureInfo.InvariantCulture, $"{r.KernelBias}/{r.Bias}");
            if (r.StepRank > 0)
                text.Append(CultureInfo.InvariantCulture, $"/selective/{r.StepRank}/{r.VectorNorms}");
        }

        if (c.Encoder is { } n)
            text.Append(CultureInfo.InvariantCulture, $"/encoder/{n.TokenTypes}/{n.UnplacedToken}/{n.PlainFirstInput}/{n.PredictsTokens}/{n.HeadActivation}");

        return text.ToString();
    }

    private static void AddFrequencies(StringBuilder text, RopeConfig rope)
    {
        Span<byte> bits = stackalloc byte[4];
        foreach (float frequency in rope.InverseFrequencies())
        {
            BinaryPrimitives.WriteSingleBigEndian(bits, frequency);
            text.Append(Convert.ToHexString(bits));
        }
    }
}

namespace Kvasir.Models;

/// <summary>Which weights a configuration asks for, and their shapes.</summary>
internal static class WeightShapes
{
    /// <summary>Every (role, layer, index) that a model of this configuration must or may hold.</summary>
    public static IEnumerable<(WeightRole Role, int Layer, int Index)> All(ModelConfig config)
    {
        var roles = Enum.GetValues<WeightRole>();
        foreach (var role in roles.Where(r => !IsPerLayer(r) && Need(r, config, -1) != WeightNeed.Never))
            yield return (role, -1, 0);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            foreach (var role in roles.Where(r => IsPerLayer(r) && Need(r, config, layer) != WeightNeed.Never))
            {
                for (int index = 0; index < Count(role, config); index++)
                    yield return (role, layer, index);
            }
        }
    }

    /// <summary>How many weights of the role a layer has.</summary>
    public static int Count(WeightRole role, ModelConfig config) => role switch
    {
        >= WeightRole.ExpertGate and <= WeightRole.ExpertDownBias => config.Experts?.Count ?? 0,
        WeightRole.LatentKey or WeightRole.LatentValue => config.QueryHeads,
        _ => 1,
    };

    /// <summary><c>[rows, columns]</c> of a matrix, <c>[length]</c> of a vector.</summary>
    public static long[] Of(WeightRole role, ModelConfig config)
    {
        long hidden = config.HiddenSize;
        long embedding = config.EmbeddingSize > 0 ? config.EmbeddingSize : hidden;
        long query = (long)config.QueryHeads * config.HeadDim;
        long kv = (long)config.KvHeads * config.HeadDim;
        long inner = config.IntermediateSize;
        long expert = config.Experts?.Width ?? 0, experts = config.Experts?.Count ?? 0, shared = config.Experts?.SharedWidth ?? 0;
        var latent = config.Latent;
        var recurrent = config.Recurrent;
        return role switch
        {
            WeightRole.TokenEmbedding or WeightRole.Output => [config.VocabSize, embedding],
            WeightRole.OutputBias => [config.VocabSize],
            WeightRole.PositionEmbedding => [config.MaxContext + config.PositionOffset, hidden],
            WeightRole.TokenTypeEmbedding => [config.Encoder!.TokenTypes, hidden],
            WeightRole.HeadDense => [hidden, hidden],
            WeightRole.EmbeddingProjection => [hidden, embedding],
            WeightRole.OutputProjection => [embedding, hidden],
            WeightRole.Query when latent is not null =>
                [(long)config.QueryHeads * (latent.RotaryDim + latent.PlainDim), latent.QueryRank > 0 ? latent.QueryRank : hidden],
            WeightRole.Query => [query, hidden],
            WeightRole.Key or WeightRole.Value => [kv, hidden],
            WeightRole.AttentionOutput => [hidden, config.AttentionWidth],
            WeightRole.Gate or WeightRole.Up => [inner, hidden],
            WeightRole.Down => [hidden, inner],
            WeightRole.QueryBias => [query],
            WeightRole.KeyBias or WeightRole.ValueBias => [kv],
            WeightRole.GateBias or WeightRole.UpBias => [inner],
            WeightRole.QueryNorm => [NormWidth(config, config.QueryHeads)],
            WeightRole.KeyNorm => [NormWidth(config, config.KvHeads)],
            WeightRole.Sinks => [config.QueryHeads],
            WeightRole.QueryDown => [latent!.QueryRank, hidden],
            WeightRole.QueryDownBias or WeightRole.QueryDownNorm => [latent!.QueryRank],
            WeightRole.LatentDown => [latent!.RotaryDim + latent.Rank, hidden],
            WeightRole.LatentDownBias => [latent!.RotaryDim + latent.Rank],
            WeightRole.LatentNorm => [latent!.Rank],
            WeightRole.LatentKey => [latent!.Rank, latent.PlainDim],
            WeightRole.LatentValue => [latent!.ValueDim, latent.Rank],
            WeightRole.Router => [experts, hidden],
            WeightRole.RouterBias or WeightRole.RouterCorrection => [experts],
            WeightRole.ExpertGate or WeightRole.ExpertUp => [expert, hidden],
            WeightRole.ExpertDown => [hidden, expert],
            WeightRole.ExpertGateBias or WeightRole.ExpertUpBias => [expert],
            WeightRole.SharedGate or WeightRole.SharedUp => [shared, hidden],
            WeightRole.SharedDown => [hidden, shared],
            WeightRole.SharedExpertGate => [1, hidden],
            WeightRole.MixerInput => [recurrent!.InputWidth, hidden],
            WeightRole.MixerInputBias => [recurrent!.InputWidth],
            WeightRole.MixerKernel => [(long)recurrent!.ConvolutionWidth * recurrent.Kernel],
            WeightRole.MixerKernelBias => [recurrent!.ConvolutionWidth],
            WeightRole.MixerDecay when recurrent!.StepRank > 0 => [(long)recurrent.Width * recurrent.StateSize],
            WeightRole.MixerStepBias or WeightRole.MixerSkip when recurrent!.StepRank > 0 => [recurrent.Width],
            WeightRole.MixerStepBias or WeightRole.MixerDecay or WeightRole.MixerSkip => [recurrent!.Heads],
            WeightRole.MixerVectors => [recurrent!.VectorWidth, recurrent.Width],
            WeightRole.MixerSteps => [recurrent!.Width, recurrent.StepRank],
            WeightRole.MixerStepNorm => [recurrent!.StepRank],
            WeightRole.MixerInNorm or WeightRole.MixerOutNorm => [recurrent!.StateSize],
            WeightRole.MixerNorm => [recurrent!.Width],
            WeightRole.MixerOutput => [hidden, recurrent!.Width],
            _ => [hidden],
        };
    }

    public static bool IsPerLayer(WeightRole role) => role is not (WeightRole.TokenEmbedding or WeightRole.OutputNorm or WeightRole.Output
        or WeightRole.OutputBias or WeightRole.OutputNormBias or WeightRole.PositionEmbedding or WeightRole.EmbeddingNorm
        or WeightRole.EmbeddingNormBias or WeightRole.EmbeddingProjection or WeightRole.OutputProjection
        or (>= WeightRole.TokenTypeEmbedding and <= WeightRole.HeadNormBias));

    public static bool IsMatrix(WeightRole role) => role is WeightRole.TokenEmbedding or WeightRole.Output or WeightRole.Query or WeightRole.Key
        or WeightRole.Value or WeightRole.AttentionOutput or WeightRole.Gate or WeightRole.Up or WeightRole.Down
        or WeightRole.PositionEmbedding or WeightRole.EmbeddingProjection or WeightRole.OutputProjection
        or WeightRole.TokenTypeEmbedding or WeightRole.HeadDense or WeightRole.QueryDown or WeightRole.LatentDown or WeightRole.LatentKey or WeightRole.LatentValue
        or WeightRole.Router or WeightRole.ExpertGate or WeightRole.ExpertUp or WeightRole.ExpertDown
        or WeightRole.SharedGate or WeightRole.SharedUp or WeightRole.SharedDown or WeightRole.SharedExpertGate
        or WeightRole.MixerInput or WeightRole.MixerOutput or WeightRole.MixerVectors or WeightRole.MixerSteps;

    /// <summary>Whether a vector is a norm's weight (not its bias).</summary>
    public static bool IsNorm(WeightRole role) => role is WeightRole.OutputNorm or WeightRole.AttentionNorm or WeightRole.FeedForwardNorm
        or WeightRole.AttentionOutputNorm or WeightRole.FeedForwardOutputNorm or WeightRole.QueryNorm or WeightRole.KeyNorm
        or WeightRole.EmbeddingNorm or WeightRole.HeadNorm;

    /// <summary>Whether a layer (-1: the model) has a weight.</summary>
    public static WeightNeed Need(WeightRole role, ModelConfig config, int layer)
    {
        if (!IsPerLayer(role))
            return OfModel(role, config);
        var plan = config.Layer(layer);
        return role switch
        {
            WeightRole.AttentionNorm or WeightRole.AttentionNormBias when layer == 0 && config.Encoder is { PlainFirstInput: true } => WeightNeed.Never,
            WeightRole.AttentionNorm => Always((config.NormPlaces & (NormPlaces.Input | NormPlaces.Residual)) != 0),
            WeightRole.AttentionNormBias => Always((config.NormPlaces & (NormPlaces.Input | NormPlaces.Residual)) != 0 && config.NormBias),
            WeightRole.AttentionOutputNorm => Always(config.NormPlaces.HasFlag(NormPlaces.Output)),
            >= WeightRole.MixerInput => plan.Mixer == LayerMixer.Recurrent ? OfMixer(role, config) : WeightNeed.Never,
            >= WeightRole.Query and <= WeightRole.AttentionOutputBias or WeightRole.QueryNorm or WeightRole.KeyNorm or WeightRole.Sinks =>
                plan.Mixer == LayerMixer.Attention ? OfAttention(role, config) : WeightNeed.Never,
            >= WeightRole.QueryDown and <= WeightRole.LatentValue =>
                plan.Mixer == LayerMixer.Attention && config.Latent is { } latent ? OfLatent(role, latent) : WeightNeed.Never,
            _ => OfFeedForward(role, config, plan.FeedForward),
        };
    }

    private static WeightNeed OfModel(WeightRole role, ModelConfig config) => role switch
    {
        WeightRole.Output or WeightRole.OutputBias when config.Encoder is { PredictsTokens: false } => WeightNeed.Never,
        WeightRole.Output => Always(!config.TiedEmbeddings),
        WeightRole.OutputNorm => Always(config.OutputNorm),
        WeightRole.OutputNormBias => Always(config.OutputNorm && config.NormBias),
        WeightRole.OutputBias => WeightNeed.Optional,
        WeightRole.PositionEmbedding => Always(config.LearnedPositions),
        WeightRole.TokenTypeEmbedding => Always(config.Encoder is { TokenTypes: > 0 }),
        WeightRole.HeadDense or WeightRole.HeadNorm => Always(config.Encoder is { PredictsTokens: true }),
        WeightRole.HeadDenseBias => config.Encoder is { PredictsTokens: true } ? WeightNeed.Optional : WeightNeed.Never,
        WeightRole.HeadNormBias => Always(config is { Encoder.PredictsTokens: true, NormBias: true }),
        WeightRole.EmbeddingNorm => Always(config.EmbeddingNorm),
        WeightRole.EmbeddingNormBias => Always(config.EmbeddingNorm && config.NormBias),
        WeightRole.EmbeddingProjection or WeightRole.OutputProjection => Always(config.EmbeddingSize > 0),
        _ => WeightNeed.Always,
    };

    private static WeightNeed OfAttention(WeightRole role, ModelConfig config) => role switch
    {
        WeightRole.Query or WeightRole.AttentionOutput => WeightNeed.Always,
        WeightRole.AttentionOutputBias => WeightNeed.Optional,
        WeightRole.Sinks => Always(config.Sinks),
        _ when config.Latent is not null => WeightNeed.Never,
        WeightRole.Key or WeightRole.Value => WeightNeed.Always,
        WeightRole.QueryBias or WeightRole.KeyBias or WeightRole.ValueBias => config.AttentionBias ? WeightNeed.Always : WeightNeed.Optional,
        _ => Always(config.QueryKeyNorm != QueryKeyNorm.None),
    };

    private static WeightNeed OfLatent(WeightRole role, LatentConfig latent) => role switch
    {
        WeightRole.QueryDown or WeightRole.QueryDownNorm => Always(latent.QueryRank > 0),
        WeightRole.QueryDownBias => Always(latent.QueryRank > 0 && latent.Bias),
        WeightRole.LatentDownBias => Always(latent.Bias),
        _ => WeightNeed.Always,
    };

    private static WeightNeed OfFeedForward(WeightRole role, ModelConfig config, FeedForwardKind kind)
    {
        if (kind == FeedForwardKind.None)
            return WeightNeed.Never;
        var norms = (config.NormPlaces & (NormPlaces.Input | NormPlaces.Residual)) != 0 && !config.SharedNorm;
        var experts = kind == FeedForwardKind.Experts ? config.Experts : null;
        return role switch
        {
            WeightRole.FeedForwardNorm => Always(norms),
            WeightRole.FeedForwardNormBias => Always(norms && config.NormBias),
            WeightRole.FeedForwardOutputNorm => Always(config.NormPlaces.HasFlag(NormPlaces.Output)),
            WeightRole.Gate => Always(experts is null && config.Gated),
            WeightRole.Up or WeightRole.Down => Always(experts is null),
            WeightRole.GateBias when experts is null && config.Gated => config.MlpBias ? WeightNeed.Always : WeightNeed.Optional,
            WeightRole.UpBias or WeightRole.DownBias when experts is null => config.MlpBias ? WeightNeed.Always : WeightNeed.Optional,
            WeightRole.Router or WeightRole.ExpertGate or WeightRole.ExpertUp or WeightRole.ExpertDown => Always(experts is not null),
            WeightRole.RouterBias => Always(experts is { RouterBias: true }),
            WeightRole.RouterCorrection => Always(experts is { Corrected: true }),
            WeightRole.ExpertGateBias or WeightRole.ExpertUpBias or WeightRole.ExpertDownBias => Always(experts is { Bias: true }),
            WeightRole.SharedGate or WeightRole.SharedUp or WeightRole.SharedDown => Always(experts is { SharedWidth: > 0 }),
            WeightRole.SharedExpertGate => Always(experts is { SharedWidth: > 0, SharedGated: true }),
            _ => WeightNeed.Never,
        };
    }

    private static WeightNeed OfMixer(WeightRole role, ModelConfig config) => role switch
    {
        WeightRole.MixerInputBias or WeightRole.MixerOutputBias => Always(config.Recurrent!.Bias),
        WeightRole.MixerKernelBias => Always(config.Recurrent!.KernelBias),
        WeightRole.MixerNorm => Always(config.Recurrent!.StepRank == 0),
        WeightRole.MixerVectors or WeightRole.MixerSteps => Always(config.Recurrent!.StepRank > 0),
        WeightRole.MixerStepNorm or WeightRole.MixerInNorm or WeightRole.MixerOutNorm => Always(config.Recurrent!.VectorNorms),
        _ => WeightNeed.Always,
    };

    private static WeightNeed Always(bool has) => has ? WeightNeed.Always : WeightNeed.Never;

    private static long NormWidth(ModelConfig config, int heads) =>
        config.QueryKeyNorm == QueryKeyNorm.Head ? config.HeadDim : (long)heads * config.HeadDim;
}

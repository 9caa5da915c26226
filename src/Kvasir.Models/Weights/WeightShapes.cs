namespace Kvasir.Models;

/// <summary>Which weights a configuration asks for, and their shapes.</summary>
internal static class WeightShapes
{
    /// <summary>Every (role, layer) that a model of this configuration must or may hold.</summary>
    public static IEnumerable<(WeightRole Role, int Layer)> All(ModelConfig config)
    {
        var roles = Enum.GetValues<WeightRole>();
        foreach (var role in roles.Where(r => !WeightNames.IsPerLayer(r)))
            yield return (role, -1);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            foreach (var role in roles.Where(WeightNames.IsPerLayer))
                yield return (role, layer);
        }
    }

    /// <summary><c>[rows, columns]</c> of a matrix, <c>[length]</c> of a vector.</summary>
    public static long[] Of(WeightRole role, ModelConfig config)
    {
        long hidden = config.HiddenSize;
        long query = (long)config.QueryHeads * config.HeadDim;
        long kv = (long)config.KvHeads * config.HeadDim;
        long inner = config.IntermediateSize;
        return role switch
        {
            WeightRole.TokenEmbedding or WeightRole.Output => [config.VocabSize, hidden],
            WeightRole.Query => [query, hidden],
            WeightRole.Key or WeightRole.Value => [kv, hidden],
            WeightRole.AttentionOutput => [hidden, query],
            WeightRole.Gate or WeightRole.Up => [inner, hidden],
            WeightRole.Down => [hidden, inner],
            WeightRole.QueryBias => [query],
            WeightRole.KeyBias or WeightRole.ValueBias => [kv],
            WeightRole.GateBias or WeightRole.UpBias => [inner],
            _ => [hidden],
        };
    }

    public static bool IsMatrix(WeightRole role) => role is WeightRole.TokenEmbedding or WeightRole.Output or WeightRole.Query or WeightRole.Key
        or WeightRole.Value or WeightRole.AttentionOutput or WeightRole.Gate or WeightRole.Up or WeightRole.Down;

    public static bool IsRequired(WeightRole role, ModelConfig config) => role switch
    {
        WeightRole.Output => !config.TiedEmbeddings,
        WeightRole.QueryBias or WeightRole.KeyBias or WeightRole.ValueBias => config.AttentionBias,
        WeightRole.AttentionOutputBias => false,
        WeightRole.GateBias or WeightRole.UpBias or WeightRole.DownBias => config.MlpBias,
        _ => true,
    };
}

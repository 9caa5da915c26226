using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Kvasir.Engine.Sampling;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Requests;

/// <summary>Reads how tokens are chosen. Where a request does not say, the defaults are those of the protocol: temperature 1, top-p 1.</summary>
internal static class SamplingFields
{
    private const int MaxBiases = 4096;

    /// <summary>The sampling options of a request; a request without a seed gets one by chance.</summary>
    public static SamplingOptions Read(JsonFields fields, int vocabularySize) => new()
    {
        Temperature = fields.Number("temperature", 0, 100) ?? 1,
        TopP = fields.Number("top_p", 0, 1) is { } topP ? Math.Max(topP, float.Epsilon) : 1,
        TopK = Math.Max(0, fields.Integer("top_k", -1, int.MaxValue) ?? 0),
        MinP = fields.Number("min_p", 0, 1) is { } minP ? Math.Min(minP, MathF.BitDecrement(1)) : 0,
        PresencePenalty = fields.Number("presence_penalty", -2, 2) ?? 0,
        FrequencyPenalty = fields.Number("frequency_penalty", -2, 2) ?? 0,
        RepetitionPenalty = fields.Number("repetition_penalty", 0.01f, 100) ?? 1,
        LogitBias = Biases(fields, vocabularySize),
        Seed = fields.Long("seed") is { } seed ? unchecked((ulong)seed) : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
    };

    private static Dictionary<int, float>? Biases(JsonFields fields, int vocabularySize)
    {
        if (fields.Object("logit_bias") is not { } biases)
            return null;
        var result = new Dictionary<int, float>();
        foreach (var bias in biases.Element.EnumerateObject())
        {
            var path = biases.Path(bias.Name);
            if (!int.TryParse(bias.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token) || token >= vocabularySize)
                throw ApiException.Invalid(path, $"{path} is no token id of this model; allowed: 0 to {vocabularySize - 1}");
            if (bias.Value.ValueKind != JsonValueKind.Number)
                throw JsonFields.Wrong(path, "a number", bias.Value);
            result[token] = (float)Math.Clamp(bias.Value.GetDouble(), -100, 100);
            if (result.Count > MaxBiases)
                throw ApiException.Invalid("logit_bias", $"logit_bias has more than {MaxBiases} tokens");
        }

        return result;
    }
}

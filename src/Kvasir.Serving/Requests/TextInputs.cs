using System.Text.Json;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Requests;

/// <summary>Reads inputs that are a text, several texts, token ids, or several lists of token ids.</summary>
internal static class TextInputs
{
    private const int MaxInputs = 2048;
    private const int MaxTokens = 1 << 24;

    /// <summary>The inputs in tokens; each has at least one.</summary>
    /// <exception cref="ApiException">They are of another type, empty, or too many.</exception>
    public static IReadOnlyList<int[]> Read(JsonFields body, string name, ModelService model) => Read(body, name, model, model.Engine.Encode);

    /// <param name="body">The request's body.</param>
    /// <param name="name">The field.</param>
    /// <param name="model">The model.</param>
    /// <param name="encode">Makes tokens of a text; called for the texts in their order.</param>
    public static IReadOnlyList<int[]> Read(JsonFields body, string name, ModelService model, Func<string, int[]> encode)
    {
        if (!body.TryGet(name, out var value))
            throw body.Missing(name);
        if (value.ValueKind == JsonValueKind.String)
            return [Encode(value, name, model, encode)];
        if (value.ValueKind != JsonValueKind.Array)
            throw JsonFields.Wrong(name, "a text, an array of texts, or token ids", value);
        if (value.GetArrayLength() == 0)
            throw body.Invalid(name, "is empty");
        if (value[0].ValueKind == JsonValueKind.Number)
            return [Tokens(body, name, model)];
        var inputs = body.Array(name, MaxInputs)!;
        return [.. inputs.Select(input => input.Value.ValueKind switch
        {
            JsonValueKind.String => Encode(input.Value, input.Path, model, encode),
            JsonValueKind.Array => Tokens(input.Value, input.Path, model),
            _ => throw JsonFields.Wrong(input.Path, "a text or token ids", input.Value),
        })];
    }

    /// <summary>A list of token ids.</summary>
    public static int[] Tokens(JsonFields body, string name, ModelService model) =>
        body.TryGet(name, out var value) && value.ValueKind == JsonValueKind.Array ? Tokens(value, name, model) : throw body.Missing(name);

    private static int[] Encode(JsonElement value, string path, ModelService model, Func<string, int[]> encode)
    {
        _ = model.Tokenizer;
        var tokens = encode(JsonFields.Read(value, path));
        return tokens.Length > 0 ? tokens : throw ApiException.Invalid(path, $"{path} is empty; send at least one token");
    }

    private static int[] Tokens(JsonElement value, string path, ModelService model)
    {
        var vocabulary = model.Model.Config.VocabSize;
        if (value.GetArrayLength() is 0 or > MaxTokens)
            throw ApiException.Invalid(path, $"{path} has {value.GetArrayLength()} tokens; send at least one");
        return [.. value.EnumerateArray().Select(element =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var token) && (uint)token < (uint)vocabulary
                ? token
                : throw ApiException.Invalid(path, $"{path} holds {element.GetRawText()}, which is no token id; allowed: 0 to {vocabulary - 1}"))];
    }
}

using System.Text.Json;
using Kvasir.Engine.Blending;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Completions;

/// <summary>
/// Reads the prompts of a completion and their reusable parts: <c>kvasir.parts</c> for token ids, <c>kvasir.chunk_separator</c> for texts.
/// </summary>
internal static class PromptReader
{
    private const int MaxSeparator = 256;

    /// <summary>The prompts in tokens, and the parts of each.</summary>
    /// <exception cref="ApiException">A field is missing, wrong, or names a part that is not in the prompt.</exception>
    public static (IReadOnlyList<int[]> Prompts, IReadOnlyList<IReadOnlyList<ChunkPart>> Parts) Read(JsonFields body, ModelService model)
    {
        if (!body.TryGet("prompt", out var prompt))
            throw body.Missing("prompt");
        var (partFields, partName) = Where(body, "parts");
        var (cutFields, cutName) = Where(body, "chunk_separator");
        var listed = partFields.Array(partName, BlendRequest.MaxParts);
        var separator = cutFields.Text(cutName);
        if (listed is not null && separator is not null)
            throw partFields.Invalid(partName, "and kvasir.chunk_separator both say where the parts are; send one of them");
        if (separator is not null)
            return Cut(body, model, separator, cutFields.Path(cutName));
        var prompts = TextInputs.Read(body, "prompt", model);
        if (listed is null)
            return (prompts, [.. prompts.Select(_ => Array.Empty<ChunkPart>())]);
        if (prompts.Count > 1 || !IsTokens(prompt))
            throw partFields.Invalid(partName, "counts the tokens of one prompt, so prompt must be one list of token ids; for texts send kvasir.chunk_separator");
        return (prompts, [Parts(listed, prompts[0].Length)]);
    }

    /// <summary>A field stands in the object <c>kvasir</c>, or in the body under its long name.</summary>
    private static (JsonFields Fields, string Name) Where(JsonFields body, string name) =>
        body.Object("kvasir") is { } inner && inner.TryGet(name, out _) ? (inner, name) : (body, $"kvasir.{name}");

    private static bool IsTokens(JsonElement prompt) => prompt.ValueKind == JsonValueKind.Array
        && (prompt[0].ValueKind == JsonValueKind.Number || prompt[0].ValueKind == JsonValueKind.Array);

    private static List<ChunkPart> Parts(List<(JsonElement Value, string Path)> listed, int length)
    {
        var parts = new List<ChunkPart>(listed.Count);
        var end = 0;
        foreach (var (value, path) in listed)
        {
            var part = new JsonFields(value, path);
            var start = part.Integer("start", 0, int.MaxValue) ?? throw part.Missing("start");
            var tokens = part.Integer("length", 1, int.MaxValue) ?? throw part.Missing("length");
            if (start < end)
                throw part.Invalid("start", $"is {start}, and the part before ends at {end}; send parts in their order, none over another");
            if (tokens > length - start)
                throw part.Invalid("length", $"is {tokens} from token {start} on; the prompt has {length} tokens");
            parts.Add(new ChunkPart(start, tokens));
            end = start + tokens;
        }

        return parts;
    }

    private static (IReadOnlyList<int[]> Prompts, IReadOnlyList<IReadOnlyList<ChunkPart>> Parts) Cut(JsonFields body, ModelService model, string separator, string path)
    {
        if (separator.Length is 0 or > MaxSeparator)
            throw ApiException.Invalid(path, $"{path} has {separator.Length} characters; allowed: 1 to {MaxSeparator}");
        var parts = new List<IReadOnlyList<ChunkPart>>();
        var prompts = TextInputs.Read(body, "prompt", model, text =>
        {
            var cut = SeparatedPrompt.Cut(text, separator, model, path);
            parts.Add(cut.Parts);
            return cut.Tokens;
        });
        return parts.Count == prompts.Count
            ? (prompts, parts)
            : throw ApiException.Invalid(path, $"{path} cuts texts, and prompt has token ids; send kvasir.parts instead");
    }
}

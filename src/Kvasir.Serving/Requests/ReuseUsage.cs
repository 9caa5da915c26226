using System.Text.Json;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Requests;

namespace Kvasir.Serving.Requests;

/// <summary>Where the keys and values of a request's prompts came from: the object <c>kvasir</c> in its usage.</summary>
/// <param name="Policy">How text that recurs behind another prefix was reused.</param>
/// <param name="WhyOff">Why it was not, where that needs a word.</param>
internal sealed record ReuseUsage(string Policy, string? WhyOff)
{
    /// <summary>Tokens whose rows were in the pool, exactly.</summary>
    public required int Shared { get; init; }

    /// <summary>Tokens whose rows came from a tier, exactly.</summary>
    public required int Loaded { get; init; }

    /// <summary>Tokens whose rows were computed behind another prefix.</summary>
    public required int Blended { get; init; }

    /// <summary>Those of them that came from a tier.</summary>
    public required int BlendedLoaded { get; init; }

    /// <summary>Those of the blended ones that were computed again.</summary>
    public required int Repaired { get; init; }

    /// <summary>All other tokens.</summary>
    public required int Computed { get; init; }

    /// <summary>Parts that were marked.</summary>
    public required int Marked { get; init; }

    /// <summary>Those of them that are not in the prompt as they were marked.</summary>
    public required int Ignored { get; init; }

    /// <summary>How far the reused rows lie from the true ones, relative; the largest of several prompts. Null where the policy does not look.</summary>
    public required double? Deviation { get; init; }

    /// <summary>The reused stretches, with the number of their prompt.</summary>
    public required IReadOnlyList<(int Prompt, ReusedChunk Chunk)> Reused { get; init; }

    private int Prompts { get; init; } = 1;

    /// <summary>The usage of a prompt; null where nobody wants to know.</summary>
    public static ReuseUsage? Of(PromptReuse prompt, GenerationStatistics statistics)
    {
        var blend = statistics.Blend;
        if (!prompt.IsWanted && blend is null)
            return null;
        var blended = Count(SpanOrigin.Blended);
        var (shared, loaded) = (Count(SpanOrigin.Shared), Count(SpanOrigin.Loaded));
        return new ReuseUsage(prompt.Choice.Policy, prompt.Choice.WhyOff)
        {
            Shared = shared,
            Loaded = loaded,
            Blended = blended,
            BlendedLoaded = blend?.LoadedTokens ?? 0,
            Repaired = blend?.RepairedTokens ?? 0,
            Computed = statistics.PromptTokens - shared - loaded - blended,
            Marked = prompt.Marked,
            Ignored = Math.Max(0, prompt.Marked - prompt.Parts.Count),
            Deviation = blend?.EstimatedDeviation,
            Reused = [.. (blend?.Reused ?? []).Select(chunk => (0, chunk))],
        };

        int Count(SpanOrigin origin) => statistics.Spans.Where(span => span.Origin == origin).Sum(span => Math.Max(0, Math.Min(span.End, statistics.PromptTokens) - span.Start));
    }

    /// <summary>The usage of two groups of prompts.</summary>
    public static ReuseUsage? Add(ReuseUsage? a, ReuseUsage? b) => a is null ? b : b is null ? a : a with
    {
        Shared = a.Shared + b.Shared,
        Loaded = a.Loaded + b.Loaded,
        Blended = a.Blended + b.Blended,
        BlendedLoaded = a.BlendedLoaded + b.BlendedLoaded,
        Repaired = a.Repaired + b.Repaired,
        Computed = a.Computed + b.Computed,
        Marked = a.Marked + b.Marked,
        Ignored = a.Ignored + b.Ignored,
        Deviation = a.Deviation is { } one && b.Deviation is { } other ? Math.Max(one, other) : a.Deviation ?? b.Deviation,
        Reused = [.. a.Reused, .. b.Reused.Select(reused => (reused.Prompt + a.Prompts, reused.Chunk))],
        Prompts = a.Prompts + b.Prompts,
    };

    /// <summary>Writes the property <c>kvasir</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("kvasir");
        json.WriteString("policy", Policy);
        if (WhyOff is not null)
            json.WriteString("why_off", WhyOff);
        json.WriteNumber("shared_tokens", Shared);
        json.WriteNumber("loaded_tokens", Loaded);
        json.WriteNumber("blended_tokens", Blended);
        json.WriteNumber("blended_loaded_tokens", BlendedLoaded);
        json.WriteNumber("repaired_tokens", Repaired);
        json.WriteNumber("computed_tokens", Computed);
        if (Deviation is { } deviation && double.IsFinite(deviation))
            json.WriteNumber("estimated_deviation", Math.Round(deviation, 6));
        else
            json.WriteNull("estimated_deviation");
        json.WriteNumber("marked_parts", Marked);
        json.WriteNumber("ignored_parts", Ignored);
        json.WriteStartArray("reused_parts");
        foreach (var (prompt, chunk) in Reused)
        {
            json.WriteStartObject();
            if (Prompts > 1)
                json.WriteNumber("prompt", prompt);
            json.WriteNumber("start", chunk.Start);
            json.WriteNumber("length", chunk.Length);
            json.WriteNumber("moved", chunk.PositionOffset);
            json.WriteNumber("repaired", chunk.Repaired);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

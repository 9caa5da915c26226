using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Engine.Reading;

/// <summary>Refuses what sparse reading cannot be combined with (guarantee G3), and budgets that are none.</summary>
internal static class ReadingLimits
{
    /// <param name="request">The request.</param>
    /// <param name="config">The model.</param>
    /// <param name="maxTogether">Most rows of one sequence that a step can be relied on to have room for.</param>
    /// <exception cref="ArgumentException">Says what cannot be.</exception>
    public static void Check(GenerationRequest request, ModelConfig config, int maxTogether)
    {
        if (request.Reading is not { } reading)
            return;
        var what = $"sparse reading ({reading.Policy.Name})";
        if (request.Blending is not null || request.Given is not null)
            throw new ArgumentException($"{what} and chunk reuse cannot be combined: repaired rows stand in for rows of whole views; leave one of the two out", nameof(request));
        if (request.LayerPolicy is not null || request.Compression is not null)
            throw new ArgumentException($"{what} and KV compression or a layer policy cannot be combined: they number rows differently; leave one of the two out", nameof(request));
        if (request.WantReceipt)
            throw new ArgumentException($"a receipt proves that an answer has the bits of a cold run, and an answer with {what} has not; leave out WantReceipt or the reading", nameof(request));
        if (request.Capture is not null)
            throw new ArgumentException($"{what} leaves rows that are not exact, and Capture would hand them on; leave one of the two out", nameof(request));
        if (config.Recurrent is not null || config.Latent is not null)
            throw new ArgumentException($"{what} cannot be used with a {config.Architecture} model: it needs the keys of heads in the cache, not {(config.Latent is null ? "a state" : "latent rows")}", nameof(request));
        if (reading.Rows is < 1)
            throw new ArgumentException($"{what}: Rows is {reading.Rows}; allowed: 1 or more", nameof(request));
        if (reading.Share is not (> 0 and <= 1))
            throw new ArgumentException($"{what}: Share is {reading.Share}; allowed: above 0, up to 1", nameof(request));
        if (reading.Point is { } point && (point < 1 || point > request.Prompt.Length))
            throw new ArgumentException($"{what}: Point is {point}; allowed: 1 to the {request.Prompt.Length} tokens of the prompt", nameof(request));
        if (reading.Policy.ChunkRows > maxTogether)
            throw new ArgumentException($"{what} computes {reading.Policy.ChunkRows} rows in one step, and a step has room for {maxTogether} of one sequence; raise MaxBatchTokens (maxBatchTokens in kvasir.json)", nameof(request));
    }
}

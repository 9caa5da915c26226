using Kvasir.Engine.Requests;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Compression;

/// <summary>Refuses what compression cannot be combined with (guarantee G3), and budgets that are none.</summary>
internal static class CompressionLimits
{
    /// <exception cref="ArgumentException">Says what cannot be.</exception>
    public static void Check(GenerationRequest request, KvMemory kvMemory)
    {
        if (request.Compression is not { } compression)
            return;
        var what = $"KV compression ({compression.Policy.Name})";
        if (request.Blending is not null || request.Given is not null)
            throw new ArgumentException($"{what} and chunk reuse cannot be combined: shared chunks are never rewritten; leave one of the two out", nameof(request));
        if (request.LayerPolicy is not null)
            throw new ArgumentException($"{what} and a layer policy cannot be combined: both need the sequence's table; leave one of the two out", nameof(request));
        if (request.Capture is not null)
            throw new ArgumentException($"{what} drops rows that Capture wants to see; leave one of the two out", nameof(request));
        if (kvMemory != KvMemory.Paged)
            throw new ArgumentException($"{what} needs rows in the blocks of paged KV, and KvMemory is {kvMemory} (--kv-memory): leave one of the two out", nameof(request));
        if (request.WantReceipt)
            throw new ArgumentException($"a receipt proves that an answer has the bits of a cold run, and an answer with {what} has not; leave out WantReceipt or the compression", nameof(request));
        if (compression.Rows is < 1)
            throw new ArgumentException($"{what}: Rows is {compression.Rows}; allowed: 1 or more", nameof(request));
        if (compression.Share is not (> 0 and <= 1))
            throw new ArgumentException($"{what}: Share is {compression.Share}; allowed: above 0, up to 1", nameof(request));
        if (compression.Point is { } point && (point < 1 || point > request.Prompt.Length))
            throw new ArgumentException($"{what}: Point is {point}; allowed: 1 to the {request.Prompt.Length} tokens of the prompt", nameof(request));
    }
}

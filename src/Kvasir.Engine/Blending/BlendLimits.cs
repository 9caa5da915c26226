using Kvasir.Engine.Requests;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Blending;

/// <summary>Refuses what reuse of chunks cannot be combined with (guarantee G3), and parts that are not in the prompt.</summary>
internal static class BlendLimits
{
    /// <exception cref="ArgumentException">Says what cannot be.</exception>
    public static void Check(GenerationRequest request, KvMemory kvMemory)
    {
        if (request.Blending is null && request.Given is null)
            return;
        var what = request.Blending is null ? "Given" : "Blending";
        if (request is { Blending: not null, Given: not null })
            throw new ArgumentException("rows that a request brings along (Given) and chunk reuse (Blending) cannot be combined; leave one of the two out", nameof(request));
        if (kvMemory != KvMemory.Paged)
            throw new ArgumentException($"{what} needs rows in the blocks of paged KV, and KvMemory is {kvMemory} (--kv-memory): leave one of the two out", nameof(request));
        if (request.LayerPolicy is not null)
            throw new ArgumentException($"{what} and a layer policy cannot be combined: the policy needs a table of its own; leave one of the two out", nameof(request));
        if (request.WantReceipt)
            throw new ArgumentException($"a receipt proves that an answer has the bits of a cold run, and an answer with {what} has not; leave out WantReceipt or {what}", nameof(request));
        if (request.Blending is { MinTokens: < 1 and var least })
            throw new ArgumentException($"MinTokens is {least}; allowed: 1 or more", nameof(request));
        CheckParts(request.Blending?.Parts ?? request.Given!.Parts, request.Prompt.Length - (request.Given is null ? 0 : 1));
    }

    private static void CheckParts(IReadOnlyList<ChunkPart> parts, int length)
    {
        if (parts.Count > BlendRequest.MaxParts)
            throw new ArgumentException($"the prompt has {parts.Count} reusable parts; allowed are {BlendRequest.MaxParts}");
        var end = 0;
        foreach (var part in parts)
        {
            if (part.Start < end || part.Length < 1 || part.Length > length - part.Start)
                throw new ArgumentException($"the part [{part.Start}, {(long)part.Start + part.Length}) is empty, overlaps the one before it (which ends at {end}), or reaches behind the {length} tokens that may be reused");
            end = part.End;
        }
    }
}

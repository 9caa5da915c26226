using Kvasir.Engine.Requests;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Blending;

/// <summary>Refuses what reuse of chunks cannot be combined with (guarantee G3), and parts that are not in the prompt.</summary>
internal static class BlendLimits
{
    /// <exception cref="ArgumentException">Says what cannot be.</exception>
    public static void Check(GenerationRequest request, BlendRequest blending, KvMemory kvMemory)
    {
        if (kvMemory != KvMemory.Paged)
            throw new ArgumentException($"chunk reuse (Blending) reads rows where they lie in the blocks of paged KV, and KvMemory is {kvMemory} (--kv-memory): leave one of the two out", nameof(request));
        if (request.LayerPolicy is not null)
            throw new ArgumentException("chunk reuse (Blending) and a layer policy cannot be combined: the policy needs a table of its own; leave one of the two out", nameof(request));
        if (request.WantReceipt)
            throw new ArgumentException("a receipt proves that an answer has the bits of a cold run, and an answer with chunk reuse has not; leave out WantReceipt or Blending", nameof(request));
        if (blending.Parts.Count > BlendRequest.MaxParts)
            throw new ArgumentException($"the prompt has {blending.Parts.Count} reusable parts; allowed are {BlendRequest.MaxParts}", nameof(request));
        if (blending.MinTokens < 1)
            throw new ArgumentException($"MinTokens is {blending.MinTokens}; allowed: 1 or more", nameof(request));
        var end = 0;
        foreach (var part in blending.Parts)
        {
            if (part.Start < end || part.Length < 1 || part.Length > request.Prompt.Length - part.Start)
                throw new ArgumentException($"the reusable part [{part.Start}, {(long)part.Start + part.Length}) is empty, overlaps the one before it (which ends at {end}), or reaches behind the prompt of {request.Prompt.Length} tokens", nameof(request));
            end = part.End;
        }
    }
}

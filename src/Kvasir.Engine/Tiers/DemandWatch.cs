using System.Runtime.InteropServices;
using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention.Ghost;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tiers;

/// <summary>Watches which prefixes are asked for, and answers how much of the prompts more memory would have found.</summary>
internal sealed class DemandWatch(KvLayout layout, int chunkTokens, long memoryBytes)
{
    /// <summary>Larger additions are not asked about.</summary>
    private const long LargestAddition = 64L << 30;

    private static readonly long[] Additions = [0, 1L << 30, 2L << 30, 4L << 30, 8L << 30, 16L << 30, 32L << 30, LargestAddition];

    private readonly GhostIndex _ghost = new(new GhostIndexOptions { HorizonBytes = memoryBytes + LargestAddition });
    private readonly List<GhostAccess> _accesses = [];

    /// <summary>Takes note of a prompt that was admitted for the first time.</summary>
    public void Observe(Sequence sequence)
    {
        if (sequence.IsObserved || !sequence.Request.UsePrefixCache)
            return;
        sequence.IsObserved = true;
        var blocks = chunkTokens / layout.BlockRows;
        var keys = sequence.Keys ??= new KeyChain(sequence.Scope, layout.BlockRows);
        _accesses.Clear();
        var end = 0;
        for (; (end + blocks) * layout.BlockRows <= sequence.PromptLength; end += blocks)
            _accesses.Add(new GhostAccess(keys.At(end + blocks, sequence.Tokens), blocks * layout.BlockBytes));

        // What is behind the last whole chunk is kept too, and takes room although it is seldom asked for again.
        var rest = sequence.Tokens[(end * layout.BlockRows)..sequence.PromptLength];
        if (rest.Length > 0)
        {
            var key = sequence.Scope.Chain(keys.At(end, sequence.Tokens), rest);
            _accesses.Add(new GhostAccess(key, (rest.Length + layout.BlockRows - 1) / layout.BlockRows * layout.BlockBytes));
        }

        _ghost.ObservePrompt(CollectionsMarshal.AsSpan(_accesses));
    }

    /// <summary>Share of the prompts' tokens that would have been found with so much more memory.</summary>
    public IReadOnlyList<MemoryAdvice> Advise() =>
        [.. Additions.Select(more => new MemoryAdvice(memoryBytes + more, more, _ghost.Predict(memoryBytes + more)))];
}

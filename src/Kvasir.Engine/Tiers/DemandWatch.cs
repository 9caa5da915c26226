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
    private long _tokens;
    private long _chunkedTokens;

    /// <summary>Takes note of a prompt that was admitted for the first time.</summary>
    public void Observe(Sequence sequence)
    {
        if (sequence.IsObserved || !sequence.Request.UsePrefixCache)
            return;
        sequence.IsObserved = true;
        var blocks = chunkTokens / layout.BlockRows;
        var keys = sequence.Keys ??= new KeyChain(sequence.Scope, layout.BlockRows);
        _accesses.Clear();
        for (var end = blocks; end * layout.BlockRows <= sequence.PromptLength; end += blocks)
            _accesses.Add(new GhostAccess(keys.At(end, sequence.Tokens), blocks * layout.BlockBytes));
        _tokens += sequence.PromptLength;
        _chunkedTokens += (long)_accesses.Count * chunkTokens;
        if (_accesses.Count > 0)
            _ghost.ObservePrompt(CollectionsMarshal.AsSpan(_accesses));
    }

    /// <summary>Share of the prompts' tokens that would have been found with so much more memory.</summary>
    public IReadOnlyList<MemoryAdvice> Advise()
    {
        var share = _tokens == 0 ? 0 : (double)_chunkedTokens / _tokens;
        return [.. Additions.Select(more => new MemoryAdvice(memoryBytes + more, more, share * _ghost.Predict(memoryBytes + more)))];
    }
}

using Kvasir.KvCache.Identity;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Retention;

/// <summary>A prompt that grows by random tokens, with the chained keys of its whole chunks, made as the engine makes them.</summary>
internal sealed class PromptChain
{
    private const int Vocabulary = 50_000;
    private static readonly CacheScope Scope = new(
        new byte[BlockKey.Size], new KvLayout(24, 2, 64, KvDataType.F16, 32), "bench retention", ReadOnlyMemory<byte>.Empty, adapter: null);

    private readonly List<BlockKey> _keys;
    private readonly List<int> _tail;

    public PromptChain()
        : this([], [])
    {
    }

    private PromptChain(List<BlockKey> keys, List<int> tail)
    {
        _keys = keys;
        _tail = tail;
    }

    public int Tokens => (_keys.Count * RetentionTrace.ChunkTokens) + _tail.Count;

    /// <summary>A copy that grows on its own.</summary>
    public PromptChain Fork() => new([.. _keys], [.. _tail]);

    /// <summary>Adds new tokens.</summary>
    public PromptChain Add(Random random, int tokens)
    {
        for (var i = 0; i < tokens; i++)
            Append(random.Next(Vocabulary));
        return this;
    }

    /// <summary>Adds the tokens of a text that is the same wherever it stands.</summary>
    public PromptChain Add(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
            Append(token);
        return this;
    }

    public TraceRequest Request(double seconds) => new(seconds, Tokens, [.. _keys]);

    /// <summary>Adds its chunks to a set.</summary>
    public void AddTo(HashSet<BlockKey> set) => set.UnionWith(_keys);

    private void Append(int token)
    {
        _tail.Add(token);
        if (_tail.Count < RetentionTrace.ChunkTokens)
            return;
        _keys.Add(Scope.Chain(_keys.Count == 0 ? Scope.Root : _keys[^1], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tail)));
        _tail.Clear();
    }
}

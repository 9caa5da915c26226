using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Chunks;

/// <summary>A text that the index has, with its variants.</summary>
/// <param name="key">Names the tokens.</param>
/// <param name="tokens">The tokens, which all variants share.</param>
internal sealed class StoredChunk(BlockKey key, ReadOnlyMemory<int> tokens)
{
    private StoredRun[] _runs = [];

    public BlockKey Key => key;

    public ReadOnlyMemory<int> Tokens => tokens;

    /// <summary>The variants, oldest first.</summary>
    public ReadOnlySpan<StoredRun> Runs => _runs;

    /// <summary>The same, for others: never changed, but replaced, so that who holds one may go on walking it.</summary>
    public KvRun[] Variants { get; private set; } = [];

    public void Add(StoredRun run) => Set([.. _runs, run]);

    public void Remove(StoredRun run) => Set(Array.FindAll(_runs, other => other != run));

    /// <summary>The variant that was computed behind the same texts, or null.</summary>
    public StoredRun? Behind(ChunkContext? context) => Array.Find(_runs, other => Same(other.Run.Context?.Before, context?.Before));

    public StoredRun LeastWorthy()
    {
        var least = _runs[0];
        foreach (var run in _runs)
            least = run.CompareTo(least) < 0 ? run : least;
        return least;
    }

    private static bool Same(IReadOnlyList<BlockKey>? first, IReadOnlyList<BlockKey>? second) =>
        first is null || second is null ? first is null && second is null : first.SequenceEqual(second);

    private void Set(StoredRun[] runs)
    {
        _runs = runs;
        Variants = Array.ConvertAll(runs, stored => stored.Run);
    }
}

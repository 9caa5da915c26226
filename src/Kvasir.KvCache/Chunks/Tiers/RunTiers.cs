using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Moves;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Chunks.Tiers;

/// <summary>
/// Keeps chunks in the tiers that keep prefixes too: cut into pieces of the tiers' size, each an object of its own, its rows moved to the
/// beginning of its first block. The engine's thread uses it.
/// </summary>
/// <remarks>
/// A piece's key is chained to the chunk's content key with a number that no token has, so it is never a prefix's; the rows behind the
/// chunk's end are named by the same kind of number. What stood before a chunk is remembered as long as the process lives.
/// </remarks>
internal sealed class RunTiers
{
    /// <summary>Stands for the tokens behind the end of a chunk's last block.</summary>
    private const int NoToken = -1;

    /// <summary>Pieces are numbered down from here.</summary>
    private const int FirstPiece = -2;

    private const int MaxContexts = 4096;

    private readonly KvTiers _tiers;
    private readonly BlockPool _pool;
    private readonly Dictionary<BlockKey, int> _bases = [];
    private readonly Dictionary<BlockKey, ChunkContext?> _contexts = [];
    private readonly Queue<BlockKey> _order = new();

    public RunTiers(KvTiers tiers, BlockPool pool)
    {
        _tiers = tiers;
        _pool = pool;
        foreach (var entry in tiers.Tiers.SelectMany(tier => tier.List()))
            _bases[entry.Key] = entry.FirstToken;
    }

    /// <summary>Keeps a chunk that was computed; its blocks may go as soon as this returns.</summary>
    public void Offer(KvRun run)
    {
        var first = PieceKey(run.Scope, run.Key, 0, run.BasePosition);
        if (!_tiers.Wants(first))
            return;

        // A tier that has the chunk as it was computed at another place keeps it; so do those that are about to store it.
        if (_bases.TryGetValue(first, out var known) && known != run.BasePosition && (_tiers.HasPendingStores || _tiers.Contains(first)))
            return;
        for (var piece = 0; piece * _tiers.ChunkTokens < run.Length; piece++)
        {
            var start = piece * _tiers.ChunkTokens;
            var rows = Math.Min(_tiers.ChunkTokens, run.Length - start);
            var chunk = new ChunkDescriptor
            {
                Key = PieceKey(run.Scope, run.Key, piece, run.BasePosition),
                Parent = run.Key,
                Scope = run.Scope.Root,
                FirstToken = run.BasePosition + start,
                Tokens = Padded(run.Tokens.Span.Slice(start, rows)),
                PromptTokens = run.BasePosition + run.Length,
                Tenant = run.Scope.Tenant,
            };
            if (!_tiers.TryStore(chunk, buffer => Fill(buffer, run, start, rows)))
                return; // a chunk that is there in part is not found
        }

        _bases[first] = run.BasePosition;
        Remember(run);
    }

    /// <summary>A chunk that a tier has, pinned; null when none has all of it.</summary>
    public RunHit? Find(CacheScope scope, BlockKey key, ReadOnlySpan<int> tokens, string owner)
    {
        if (!_bases.TryGetValue(PieceKey(scope, key, 0, 0), out var position))
            return null;
        var parts = new List<LoadPart>();
        for (var start = 0; start < tokens.Length; start += _tiers.ChunkTokens)
        {
            var padded = Padded(tokens.Slice(start, Math.Min(_tiers.ChunkTokens, tokens.Length - start)));
            if (_tiers.TryPin(PieceKey(scope, key, parts.Count, position), owner) is not var (tier, pin))
            {
                foreach (var part in parts)
                    part.Pin.Dispose();
                return null;
            }

            parts.Add(new LoadPart
            {
                Tier = tier,
                Pin = pin,
                Tokens = padded,
                Parent = key,
                FirstToken = position + start,
                FirstBlock = 0,
                Destinations = new nint[padded.Length / BlockRows],
            });
        }

        return new RunHit(parts, position, _contexts.GetValueOrDefault(key), _tiers.Seconds(parts));
    }

    private int BlockRows => _pool.Layout.BlockRows;

    /// <summary>The first piece says where the chunk was computed, and the others are named by it too.</summary>
    private static BlockKey PieceKey(CacheScope scope, BlockKey key, int piece, int basePosition) =>
        piece == 0 ? scope.Chain(key, [FirstPiece]) : scope.Chain(key, [FirstPiece - piece, basePosition]);

    private int[] Padded(ReadOnlySpan<int> tokens)
    {
        var padded = new int[(tokens.Length + BlockRows - 1) / BlockRows * BlockRows];
        tokens.CopyTo(padded);
        padded.AsSpan(tokens.Length).Fill(NoToken);
        return padded;
    }

    private unsafe void Fill(StoreBuffer buffer, KvRun run, int start, int rows)
    {
        for (var row = 0; row < rows;)
        {
            var slot = run.FirstSlot + start + row;
            var count = Math.Min(Math.Min(BlockRows - (slot % BlockRows), BlockRows - (row % BlockRows)), rows - row);
            for (var layer = 0; layer < _pool.Layout.Layers; layer++)
            {
                KvRows.Copy(
                    _pool.Layout, _pool.Slice(run.Blocks[slot / BlockRows], layer), slot % BlockRows, buffer.Slice(row / BlockRows, layer), row % BlockRows, count);
            }

            row += count;
        }
    }

    private void Remember(KvRun run)
    {
        if (_contexts.TryAdd(run.Key, run.Context))
            _order.Enqueue(run.Key);
        else
            _contexts[run.Key] = run.Context;
        if (_order.Count > MaxContexts)
            _contexts.Remove(_order.Dequeue());
    }
}

using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Verification;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tiers;

/// <summary>Computes the objects of a tier cold, prefix by prefix, and compares every row bit by bit (guarantee G4).</summary>
internal sealed unsafe class CacheVerifier
{
    private const string Owner = "verification";
    private static readonly TimeSpan PinLifetime = TimeSpan.FromHours(1);

    private readonly LoadedModel _model;
    private readonly IKvTier _tier;
    private readonly CacheScope _public;
    private readonly Dictionary<BlockKey, List<Found>> _followers = [];
    private readonly List<Found> _roots = [];
    private readonly List<BlockKey> _true = [];
    private readonly List<BlockKey> _false = [];
    private readonly List<BlockKey> _foreign = [];
    private readonly HashSet<BlockKey> _open = [];
    private long _rows;

    private readonly record struct Found(ChunkDescriptor Chunk, bool IsTarget);

    public CacheVerifier(LoadedModel model, IKvTier tier, IKvTier? before)
    {
        _model = model;
        _tier = tier;
        _public = model.Scope(default);
        Collect(tier, isTarget: true);
        if (before is not null)
            Collect(before, isTarget: false);
    }

    public CacheVerification Run(Action<int>? progress, CancellationToken cancellation)
    {
        var longest = _followers.Values.SelectMany(found => found).Concat(_roots).Select(End).DefaultIfEmpty(0).Max();
        if (longest > 0)
        {
            using var run = new ColdRun(_model, longest);
            foreach (var root in _roots)
                Walk(run, root, progress, cancellation);
        }

        return new CacheVerification(_true, _false, _foreign, [.. _open], _rows);
    }

    private static int End(Found found) => found.Chunk.FirstToken + found.Chunk.Tokens.Length;

    private void Collect(IKvTier tier, bool isTarget)
    {
        foreach (var entry in tier.List())
        {
            try
            {
                using var pin = tier.TryPin(entry.Key, Owner, PinLifetime);
                if (pin is null || entry.FirstToken + entry.Tokens > _model.MaxContext)
                    continue;
                var found = new Found(tier.Describe(pin), isTarget);
                if (isTarget)
                    _open.Add(entry.Key);
                if (found.Chunk.FirstToken == 0)
                    _roots.Add(found);
                else if (_followers.TryGetValue(found.Chunk.Parent, out var others))
                    others.Add(found);
                else
                    _followers.Add(found.Chunk.Parent, [found]);
            }
            catch (TierException)
            {
                if (isTarget)
                    _false.Add(entry.Key);
            }
        }
    }

    /// <summary>From a prompt's first chunk to all that follow it, deepest first: the rows before a chunk are in the cold run's table then.</summary>
    private void Walk(ColdRun run, Found root, Action<int>? progress, CancellationToken cancellation)
    {
        var tokens = new List<int>();
        var pending = new Stack<Found>();
        pending.Push(root);
        while (pending.TryPop(out var found))
        {
            cancellation.ThrowIfCancellationRequested();
            var chunk = found.Chunk;
            tokens.RemoveRange(chunk.FirstToken, tokens.Count - chunk.FirstToken);
            tokens.AddRange(chunk.Tokens.Span);
            run.Table.Truncate(chunk.FirstToken);
            run.Extend(CollectionsMarshal.AsSpan(tokens), (_, _) => { }, cancellation);
            if (found.IsTarget)
            {
                _open.Remove(chunk.Key);
                Judge(run, chunk);
                progress?.Invoke(_true.Count + _false.Count + _foreign.Count);
            }

            foreach (var follower in _followers.GetValueOrDefault(chunk.Key) ?? [])
            {
                if (follower.Chunk.FirstToken == tokens.Count)
                    pending.Push(follower);
            }
        }
    }

    private void Judge(ColdRun run, ChunkDescriptor chunk)
    {
        var isPublic = chunk.Scope == _public.Root;
        if (isPublic && !StandsUnderItsKey(chunk))
            _false.Add(chunk.Key);
        else if (HasTrueRows(run, chunk) is not { } isTrue)
            _false.Add(chunk.Key);
        else if (isTrue)
            _true.Add(chunk.Key);
        else
            (isPublic ? _false : _foreign).Add(chunk.Key);
    }

    private bool StandsUnderItsKey(ChunkDescriptor chunk)
    {
        var key = chunk.Parent;
        var rows = _model.Layout.BlockRows;
        for (var at = 0; at < chunk.Tokens.Length; at += rows)
            key = _public.Chain(key, chunk.Tokens.Span.Slice(at, rows));
        return key == chunk.Key;
    }

    /// <summary>Whether all rows have the computed bits; null when the object cannot be read.</summary>
    private bool? HasTrueRows(ColdRun run, ChunkDescriptor chunk)
    {
        var layout = _model.Layout;
        var geometry = _tier.Geometry;
        try
        {
            using var pin = _tier.TryPin(chunk.Key, Owner, PinLifetime);
            if (pin is null)
                return null;
            for (var group = 0; group < geometry.Groups; group++)
            {
                using var record = new NativeBuffer((nuint)geometry.RecordBytes(group));
                for (var block = 0; block < chunk.Tokens.Length / layout.BlockRows; block++)
                {
                    _tier.Read(pin, group, block, record.Pointer);
                    if (!HasTrueRows(run, record.Pointer, geometry.FirstLayer(group), geometry.RecordBytes(group), chunk.FirstToken + (block * layout.BlockRows)))
                        return false;
                }
            }

            _rows += chunk.Tokens.Length;
            return true;
        }
        catch (TierException)
        {
            return null;
        }
    }

    private bool HasTrueRows(ColdRun run, byte* record, int firstLayer, int bytes, int firstRow)
    {
        var layout = _model.Layout;
        for (var at = 0; at * layout.SliceBytes < bytes; at++)
        {
            for (var row = 0; row < layout.BlockRows; row++)
            {
                var computed = run.Table.RowTarget(firstLayer + at, firstRow + row);
                if (!KvRows.AreEqual(layout, record + (at * layout.SliceBytes), row, computed.Slice, computed.Slot))
                    return false;
            }
        }

        return true;
    }
}

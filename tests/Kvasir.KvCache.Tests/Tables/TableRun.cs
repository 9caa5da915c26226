using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Virtual;

namespace Kvasir.KvCache.Tests.Tables;

/// <summary>
/// Random sequences over one pool and one index. A row's bytes are a hash of all tokens up to it, as a real row's would be, so every
/// sequence can tell at any time whether it still reads what it should.
/// </summary>
internal sealed unsafe class TableRun : IDisposable
{
    private const int MaxSequences = 8;
    private readonly BlockPool _pool;
    private readonly PrefixIndex _index;
    private readonly CacheScope _scope = TestScopes.Create();
    private readonly RowStamps _stamps;
    private readonly SegmentArena _arena = new();
    private readonly Random _random;
    private readonly List<TableSequence> _sequences = [];
    private long? _fence;

    public TableRun(int seed, PoolFault fault = PoolFault.None, VirtualKvOptions? contiguous = null)
    {
        _random = new Random(seed);
        _pool = new BlockPool(
            TestLayouts.Small, new BlockPoolOptions { CapacityBlocks = 48, PoisonFreedRows = true, Fault = fault, Virtual = contiguous });
        _index = new PrefixIndex(_pool, new LruRetention());
        _stamps = new RowStamps(_pool.Layout);
    }

    /// <summary>Rows that were not what their sequence should read.</summary>
    public int Mismatches { get; private set; }

    /// <summary>Rows that were looked at.</summary>
    public long Compared { get; private set; }

    /// <summary>Views that were one segment over several blocks.</summary>
    public long ContiguousViews { get; private set; }

    /// <summary>Most bytes that had memory.</summary>
    public long MostCommitted { get; private set; }

    public BlockPool Pool => _pool;

    public void Step(int operation)
    {
        switch (_random.Next(16))
        {
            case 0 or 1 when _sequences.Count < MaxSequences:
                Start();
                break;
            case 2 when _sequences.Count is > 0 and < MaxSequences:
                Fork(Any());
                break;
            case 3 when _sequences.Count > 0 && MayTruncate:
                var cut = Any();
                cut.Truncate(_random.Next(cut.Table.Length + 1));
                break;
            case 4 when _sequences.Count > 0:
                End(Any(), publish: _random.Next(2) == 0);
                break;
            case 5 when _sequences.Count > 0:
                Publish(Any());
                break;
            case 6:
                ToggleFence();
                break;
            case 7 when _random.Next(8) == 0:
                _index.Evict(_random.Next(4));
                break;
            case 8 when _random.Next(500) == 0:
                _pool.TrimCommitted();
                break;
            case > 8 when _sequences.Count > 0:
                Extend(Any(), _random.Next(3) == 0 ? _random.Next(1, 24) : 1);
                break;
        }

        if (_pool.Space is { } space && _random.Next(4) == 0)
            space.MapAhead();
        MostCommitted = Math.Max(MostCommitted, _pool.CommittedBytes);
        if (_sequences.Count > 0)
            CheckSome(Any());
        if (operation % 2_000 == 0)
            CheckEverything();
    }

    public void CheckEverything()
    {
        foreach (var sequence in _sequences)
            CheckThroughView(sequence);
        _index.CheckIntegrity();
        _pool.CheckIntegrity();
    }

    /// <summary>Ends all sequences and empties the index; returns blocks that are still used.</summary>
    public int Finish()
    {
        CheckEverything();
        while (_sequences.Count > 0)
            End(_sequences[0], publish: true);
        if (_fence is not null)
            ToggleFence();
        _index.Evict(_pool.Capacity);
        CheckEverything();
        return _pool.UsedBlocks;
    }

    public void Dispose()
    {
        _arena.Dispose();
        _stamps.Dispose();
        _pool.Dispose();
    }

    private TableSequence Any() => _sequences[_random.Next(_sequences.Count)];

    /// <summary>Private contiguous rows that a fence still holds cannot be written again.</summary>
    private bool MayTruncate => _pool.SharesBlocks || _fence is null;

    private void Fork(TableSequence parent)
    {
        if (_pool.TryReserve(parent.Table.BlocksToFork, out var reservation))
            _sequences.Add(parent.Fork(reservation));
        reservation?.Dispose();
    }

    private void Start()
    {
        var prompt = new int[_random.Next(1, 50)];
        for (var i = 1; i < prompt.Length; i++)
            prompt[i] = _random.Next(10) == 0 ? 1 : 0;
        var match = _index.Match(_scope, prompt, prompt.Length);
        var found = match.TokenCount;
        var sequence = new TableSequence(_pool, prompt.Length + 1, match);
        _sequences.Add(sequence);
        if (_random.Next(10) == 0)
        {
            match.Dispose();
            return;
        }

        sequence.Attach(match, prompt.AsSpan(0, found));
        Write(sequence, prompt.AsSpan(found));
    }

    private void Extend(TableSequence sequence, int rows)
    {
        Span<int> tokens = stackalloc int[rows];
        foreach (ref var token in tokens)
            token = _random.Next(10) == 0 ? 1 : 0;
        Write(sequence, tokens);
    }

    private void Write(TableSequence sequence, ReadOnlySpan<int> tokens)
    {
        var table = sequence.Table;
        var needed = table.BlocksToReach(table.Length + tokens.Length);
        if (_pool.AvailableBlocks < needed)
            _index.Evict(needed - _pool.AvailableBlocks);
        if (!_pool.TryReserve(needed, out var reservation))
        {
            End(Any(), publish: false);
            return;
        }

        var first = table.Length;
        table.Extend(first + tokens.Length, reservation!);
        // Exactly what was asked for is needed: the copy of a shared block is part of it.
        if (reservation!.Remaining != 0)
            throw new InvalidOperationException($"{reservation.Remaining} of {needed} blocks were not needed");
        reservation.Dispose();
        sequence.Append(tokens);
        for (var position = first; position < table.Length; position++)
        {
            for (var layer = 0; layer < _pool.Layout.Layers; layer++)
                _stamps.Write(table.WriteTarget(layer, position), RowStamps.Of(sequence.History(position), layer));
        }
    }

    private void Publish(TableSequence sequence)
    {
        if (!_pool.SharesBlocks)
            return;
        var table = sequence.Table;
        var rows = _random.Next(table.Length + 1);
        _index.Insert(_scope, sequence.Tokens[..rows], table.Blocks[..((rows + _pool.Layout.BlockRows - 1) / _pool.Layout.BlockRows)]);
    }

    private void End(TableSequence sequence, bool publish)
    {
        if (publish && _pool.SharesBlocks)
            _index.Insert(_scope, sequence.Tokens, sequence.Table.Blocks);
        sequence.Table.Dispose();
        _sequences.Remove(sequence);
    }

    private void ToggleFence()
    {
        if (_fence is { } fence)
            _pool.CloseFence(fence);
        _fence = _fence is null ? _pool.OpenFence() : null;
    }

    private void CheckSome(TableSequence sequence)
    {
        if (sequence.Table.Length == 0)
            return;
        for (var i = 0; i < 3; i++)
        {
            var row = i == 0 ? sequence.Table.Length - 1 : _random.Next(sequence.Table.Length);
            var layer = _random.Next(_pool.Layout.Layers);
            Count(_stamps.Holds(sequence.Table.RowTarget(layer, row), RowStamps.Of(sequence.History(row), layer)));
        }
    }

    private void CheckThroughView(TableSequence sequence)
    {
        _arena.Clear();
        for (var layer = 0; layer < _pool.Layout.Layers; layer++)
        {
            var view = sequence.Table.BuildView(layer, _arena);
            var row = 0;
            for (var i = 0; i < view.SegmentCount; i++)
            {
                var segment = view.Segments[i];
                var blockRows = segment.BlockStride == 0 ? int.MaxValue : _pool.Layout.BlockRows;
                ContiguousViews += segment.Count > blockRows ? 1 : 0;
                Count(segment.FirstRow == row && segment.BasePosition == row && segment.Positions == null);
                for (var j = 0; j < segment.Count; j++, row++)
                {
                    var slice = segment.Slice + view.SliceOffset + (j / blockRows * segment.BlockStride);
                    Count(_stamps.Holds(slice, segment.FirstSlot + (j % blockRows), RowStamps.Of(sequence.History(row), layer)));
                }
            }

            Count(row == sequence.Table.Length && row == sequence.Table.Rows(layer));
        }
    }

    private void Count(bool holds)
    {
        Compared++;
        Mismatches += holds ? 0 : 1;
    }
}

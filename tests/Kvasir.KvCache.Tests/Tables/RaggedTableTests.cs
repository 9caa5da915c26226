using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tests.Support;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tables;

public sealed unsafe class RaggedTableTests
{
    [Theory]
    [InlineData(41, 500_000)]
    [InlineData(42, 500_000)]
    public void EveryLayer_KeepsTheRowsThatItWasToldToKeep(int seed, int operations)
    {
        using var run = new Run(seed, TestLayouts.Ragged);
        for (var i = 0; i < operations; i++)
            run.Step(i);
        run.Finish();
    }

    [Fact]
    public void TrimmedLayer_KeepsPositionsAndBytes_AndGivesSlicesBack()
    {
        var layout = TestLayouts.Quantised;
        using var pool = new BlockPool(layout, new BlockPoolOptions { CapacityBlocks = 8, PoisonFreedRows = true });
        using var stamps = new RowStamps(layout);
        using var arena = new SegmentArena();
        using var table = Ragged(pool, stamps, 70);
        Assert.False(table.IsUniform);
        Assert.Equal((70, 3), (table.Length, table.BlockCount));
        int[] kept = [0, 1, 2, 3, .. Enumerable.Range(50, 20)];
        table.Trim(1, kept);
        Assert.Equal((70, 70, 24), (table.Length, table.Rows(0), table.Rows(1)));
        Assert.Equal(kept, table.Positions(1));
        var view = table.BuildView(1, arena);
        Assert.Equal((1, 0L), (view.SegmentCount, view.SliceOffset));
        for (var row = 0; row < kept.Length; row++)
        {
            Assert.Equal(kept[row], view.Segments[0].Positions[row]);
            Assert.True(stamps.Holds(view.Segments[0].Slice, row, RowStamps.Of((ulong)kept[row], 1)));
            Assert.True(stamps.Holds(table.RowTarget(0, kept[row]), RowStamps.Of((ulong)kept[row], 0)));
        }

        for (var slot = kept.Length; slot < layout.BlockRows; slot++)
            Assert.True(stamps.IsPoison(view.Segments[0].Slice, slot));

        table.Trim(0, []);
        Assert.Equal((0, 24, 1), (table.Rows(0), table.Rows(1), table.BlockCount));
        Assert.Equal(0, table.BuildView(0, arena).SegmentCount);
    }

    [Fact]
    public void RowsOfASharedPrefix_AreCopiedNotTrimmed()
    {
        var layout = TestLayouts.Ragged;
        using var pool = new BlockPool(layout, new BlockPoolOptions { CapacityBlocks = 8 });
        using var stamps = new RowStamps(layout);
        using var uniform = Uniform(pool, stamps, 40);
        pool.TryReserve(3, out var reservation);
        using (var ragged = RaggedTable.From(pool, uniform.Fork(), reservation!))
            ragged.Trim(0, [5, 39]);
        for (var row = 0; row < 40; row++)
            Assert.True(stamps.Holds(uniform.RowTarget(0, row), RowStamps.Of((ulong)row, 0)));
        Assert.Equal(3, pool.UsedBlocks);
    }

    [Fact]
    public void WrongRows_AreRefusedAndChangeNothing()
    {
        using var pool = new BlockPool(TestLayouts.Ragged, new BlockPoolOptions { CapacityBlocks = 8 });
        using var stamps = new RowStamps(pool.Layout);
        using var table = Ragged(pool, stamps, 20);
        Assert.Throws<ArgumentException>(() => table.Trim(0, [3, 3]));
        Assert.Throws<ArgumentException>(() => table.Trim(0, [3, 20]));
        Assert.Throws<ArgumentException>(() => table.Trim(0, [-1]));
        Assert.Equal(20, table.Rows(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.RowTarget(0, 20));
        Assert.Throws<InvalidOperationException>(() => table.WriteTarget(0, 19));
        pool.TryReserve(0, out var empty);
        Assert.Throws<InvalidOperationException>(() => table.Extend(100, empty!));
        Assert.Equal((20, 2), (table.Length, table.BlockCount));
    }

    private static UniformTable Uniform(BlockPool pool, RowStamps stamps, int rows)
    {
        var table = new UniformTable(pool);
        Assert.True(pool.TryReserve(table.BlocksToReach(rows), out var reservation));
        table.Extend(rows, reservation!);
        reservation!.Dispose();
        for (var row = 0; row < rows; row++)
        {
            for (var layer = 0; layer < pool.Layout.Layers; layer++)
                stamps.Write(table.WriteTarget(layer, row), RowStamps.Of((ulong)row, layer));
        }

        return table;
    }

    private static RaggedTable Ragged(BlockPool pool, RowStamps stamps, int rows)
    {
        var uniform = Uniform(pool, stamps, rows);
        Assert.True(pool.TryReserve(uniform.BlockCount, out var reservation));
        var table = RaggedTable.From(pool, uniform, reservation!);
        Assert.Equal(0, reservation!.Remaining);
        reservation.Dispose();
        return table;
    }

    /// <summary>Tables whose layers are trimmed at random, against lists of positions.</summary>
    private sealed class Run(int seed, KvLayout layout) : IDisposable
    {
        private readonly BlockPool _pool = new(layout, new BlockPoolOptions { CapacityBlocks = 32, PoisonFreedRows = true });
        private readonly RowStamps _stamps = new(layout);
        private readonly SegmentArena _arena = new();
        private readonly Random _random = new(seed);
        private readonly List<(RaggedTable Table, List<int>[] Positions)> _tables = [];

        public void Step(int operation)
        {
            switch (_random.Next(10))
            {
                case 0 when _tables.Count < 4 && _random.Next(20) == 0 && _pool.AvailableBlocks > 12:
                    var rows = _random.Next(60);
                    _tables.Add((Ragged(_pool, _stamps, rows), [.. Enumerable.Range(0, layout.Layers).Select(_ => Enumerable.Range(0, rows).ToList())]));
                    break;
                case 1 when _tables.Count > 0 && _random.Next(60) == 0:
                    Drop(_random.Next(_tables.Count));
                    break;
                case 2 or 3 when _tables.Count > 0 && _random.Next(3) == 0:
                    Trim(_tables[_random.Next(_tables.Count)]);
                    break;
                case > 3 when _tables.Count > 0:
                    Extend(_tables[_random.Next(_tables.Count)], _random.Next(6) == 0 ? _random.Next(1, 20) : 1);
                    break;
            }

            if (_tables.Count > 0)
            {
                var (table, positions) = _tables[_random.Next(_tables.Count)];
                var layer = _random.Next(layout.Layers);
                var holds = table.Rows(layer) == positions[layer].Count;
                if (holds && positions[layer].Count > 0)
                {
                    var row = _random.Next(positions[layer].Count);
                    holds = table.Positions(layer)[row] == positions[layer][row]
                        && _stamps.Holds(table.RowTarget(layer, row), RowStamps.Of((ulong)positions[layer][row], layer));
                }

                Assert.True(holds, $"seed {seed}, operation {operation}: layer {layer} is not what it should be");
            }

            if (operation % 2_000 == 0)
                CheckEverything(operation);
        }

        public void Finish()
        {
            CheckEverything(-1);
            while (_tables.Count > 0)
                Drop(0);
            _pool.CheckIntegrity();
            Assert.Equal((0, 0), (_pool.UsedBlocks, _pool.ReservedBlocks));
        }

        public void Dispose()
        {
            _arena.Dispose();
            _stamps.Dispose();
            _pool.Dispose();
        }

        private void Drop(int which)
        {
            _tables[which].Table.Dispose();
            _tables.RemoveAt(which);
        }

        private void Trim((RaggedTable Table, List<int>[] Positions) entry)
        {
            var layer = _random.Next(layout.Layers);
            var share = _random.NextDouble();
            int[] kept = [.. Enumerable.Range(0, entry.Table.Rows(layer)).Where(_ => _random.NextDouble() < share)];
            entry.Table.Trim(layer, kept);
            entry.Positions[layer] = [.. kept.Select(row => entry.Positions[layer][row])];
        }

        private void Extend((RaggedTable Table, List<int>[] Positions) entry, int rows)
        {
            var first = entry.Table.Length;
            if (!_pool.TryReserve(entry.Table.BlocksToReach(first + rows), out var reservation))
            {
                Trim(entry);
                return;
            }

            entry.Table.Extend(first + rows, reservation!);
            Assert.Equal(0, reservation!.Remaining);
            reservation.Dispose();
            for (var layer = 0; layer < layout.Layers; layer++)
            {
                for (var position = first; position < first + rows; position++)
                {
                    _stamps.Write(entry.Table.WriteTarget(layer, position), RowStamps.Of((ulong)position, layer));
                    entry.Positions[layer].Add(position);
                }
            }
        }

        private void CheckEverything(int operation)
        {
            _pool.CheckIntegrity();
            foreach (var (table, positions) in _tables)
            {
                _arena.Clear();
                for (var layer = 0; layer < layout.Layers; layer++)
                {
                    var view = table.BuildView(layer, _arena);
                    var row = 0;
                    for (var i = 0; i < view.SegmentCount; i++)
                    {
                        var segment = view.Segments[i];
                        var holds = segment.FirstRow == row;
                        for (var j = 0; j < segment.Count; j++, row++)
                        {
                            holds &= (segment.Positions == null || segment.Positions[j] == positions[layer][row])
                                && table.Positions(layer)[row] == positions[layer][row]
                                && _stamps.Holds(segment.Slice + view.SliceOffset, segment.FirstSlot + j, RowStamps.Of((ulong)positions[layer][row], layer));
                        }

                        Assert.True(holds, $"seed {seed}, operation {operation}: layer {layer}, segment {i}");
                    }

                    Assert.Equal(positions[layer].Count, row);
                }
            }
        }
    }
}

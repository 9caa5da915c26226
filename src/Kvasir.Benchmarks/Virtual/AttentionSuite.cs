using System.Runtime.InteropServices;
using Kvasir.Compute;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>
/// Attention over long contexts on one thread: blocks of 16 rows in random order, found through a table, against the same rows in contiguous
/// addresses. Results are compared bit by bit.
/// </summary>
internal static unsafe class AttentionSuite
{
    private const int Layers = 8;
    private const int KvHeads = 2;
    private const int HeadDim = 64;

    public static void Run(Action<VirtualCheck> report, bool quick)
    {
        var context = quick ? 4096 : 8192;
        var differ = 0.0;
        foreach (var group in new[] { 1, 7 })
        {
            foreach (var rows in new[] { 1, 32 })
            {
                using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
                using var paged = new Side(16, context, group, rows, null);
                var table = 0.0;
                foreach (var (blockRows, sliced) in new[] { (16, true), (16, false), (64, true), (64, false) })
                {
                    using var contiguous = new Side(blockRows, context, group, rows, sliced);
                    contiguous.CopyFrom(paged);
                    var (a, b) = Best(backend, paged, contiguous, (quick ? 60 : 200) / (rows == 1 ? 1 : 10));
                    differ += paged.Output.SequenceEqual(contiguous.Output) ? 0 : 1;
                    var what = $"{(rows == 1 ? "decode" : $"{rows} rows")}, {group} queries a head, {context} rows";
                    var how = $"contiguous {(sliced ? "blocks" : "layers")} of {blockRows}";
                    report(new($"attention, {what}: {how} against a table of 16", a / b, "x faster", 1, Wanted: blockRows == 64 && rows == 1 ? 1.1 : null));
                    table = a;
                }
                report(new($"attention, {rows} rows, {group} queries a head, {context} rows: a table of 16", table / Layers / 1000, "us a layer"));
            }
        }

        report(new("attention: results that differ", differ, "results", Wanted: 0, AtMost: true));
    }

    /// <summary>Sums of every layer's best time, in turns, so that both meet the same machine.</summary>
    private static (double First, double Second) Best(CpuBackend backend, Side first, Side second, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            first.Time(backend, first: round == 0);
            second.Time(backend, first: round == 0);
        }

        return (first.Best.Sum(), second.Best.Sum());
    }

    /// <summary>One sequence in one form, and a call on all its layers.</summary>
    private sealed class Side : IDisposable
    {
        private readonly KvLayout _layout;
        private readonly int _group;
        private readonly int _queryRows;
        private readonly TablePool _pool;
        private readonly UniformTable _table;
        private readonly SegmentArena _arena = new();
        private readonly NativeBuffer _queries;
        private readonly NativeBuffer _output;
        private readonly NativeBuffer _rows;

        public Side(int blockRows, int context, int group, int queryRows, bool? sliced)
        {
            _layout = new KvLayout(Layers, KvHeads, HeadDim, KvDataType.F16, blockRows);
            _group = group;
            _queryRows = queryRows;
            var options = sliced is { } together ? new VirtualKvOptions { Slots = 1, MaxRows = context, Sliced = together } : null;
            _pool = new TablePool(_layout, context / blockRows, options);
            if (options is null)
                Scatter(context / blockRows);
            _table = _pool.Create(context);
            _pool.Extend(_table, context);
            var width = KvHeads * group * HeadDim;
            _queries = new NativeBuffer((nuint)(queryRows * width * sizeof(float)));
            _output = new NativeBuffer((nuint)(queryRows * width * sizeof(float)));
            _rows = new NativeBuffer((nuint)(queryRows * sizeof(QueryRow)));
            var random = new Random(5);
            foreach (ref var query in _queries.AsSpan<float>())
                query = random.NextSingle() - 0.5f;
            for (var row = 0; row < queryRows; row++)
                _rows.AsSpan<QueryRow>()[row] = new QueryRow { Position = context - queryRows + row };
            if (options is null)
                Fill(random);
        }

        public ReadOnlySpan<byte> Output => MemoryMarshal.AsBytes(_output.AsSpan<float>());

        public void CopyFrom(Side other)
        {
            var keys = new byte[KvRows.RowBytes(_layout)];
            var width = KvHeads * HeadDim;
            var floats = new float[2 * width];
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
            for (var layer = 0; layer < Layers; layer++)
            {
                for (var row = 0; row < _table.Length; row++)
                {
                    var from = other._table.RowTarget(layer, row);
                    KvRows.Read(_layout with { BlockRows = other._layout.BlockRows }, from.Slice, from.Slot, keys);
                    var halves = MemoryMarshal.Cast<byte, Half>(keys.AsSpan());
                    for (var head = 0; head < KvHeads; head++)
                    {
                        for (var d = 0; d < HeadDim; d++)
                        {
                            floats[(head * HeadDim) + d] = (float)halves[(2 * head * HeadDim) + d];
                            floats[width + (head * HeadDim) + d] = (float)halves[(((2 * head) + 1) * HeadDim) + d];
                        }
                    }

                    Write(backend, floats, layer, row);
                }
            }
        }

        /// <summary>Best nanoseconds of a call on each layer.</summary>
        public double[] Best { get; } = new double[Layers];

        public void Time(CpuBackend backend, bool first)
        {
            for (var layer = 0; layer < Layers; layer++)
            {
                var start = System.Diagnostics.Stopwatch.GetTimestamp();

                // As the model runner does: the list is built once a step, a layer is an offset.
                if (layer == 0)
                    _arena.Clear();
                var view = layer == 0 ? _view = _table.BuildView(0, _arena) : _view with { SliceOffset = layer * _view.LayerStride };
                backend.Attend(new AttentionBatch
                {
                    Queries = (float*)_queries.Pointer,
                    QueryStride = KvHeads * _group * HeadDim,
                    Output = (float*)_output.Pointer,
                    Rows = (QueryRow*)_rows.Pointer,
                    RowCount = _queryRows,
                    Views = &view,
                    ViewCount = 1,
                    QueryHeads = KvHeads * _group,
                    Scale = 0.125f,
                    Layout = _layout,
                });
                var time = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalNanoseconds;
                Best[layer] = first ? time : Math.Min(Best[layer], time);
            }
        }

        public void Dispose()
        {
            _table.Dispose();
            _pool.Dispose();
            _arena.Dispose();
            _queries.Dispose();
            _output.Dispose();
            _rows.Dispose();
        }

        private KvView _view;

        private void Fill(Random random)
        {
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
            var floats = new float[2 * KvHeads * HeadDim];
            for (var layer = 0; layer < Layers; layer++)
            {
                for (var row = 0; row < _table.Length; row++)
                {
                    foreach (ref var value in floats.AsSpan())
                        value = random.NextSingle() - 0.5f;
                    Write(backend, floats, layer, row);
                }
            }
        }

        private void Write(CpuBackend backend, float[] floats, int layer, int row)
        {
            var target = _table.WriteTarget(layer, row);
            fixed (float* keys = floats)
                backend.WriteKv(keys, keys + (KvHeads * HeadDim), KvHeads * HeadDim, [target], _layout);
        }

        /// <summary>Frees all blocks in random order, as a pool that has served for a while looks.</summary>
        private void Scatter(int blocks)
        {
            var tables = new List<UniformTable>();
            for (var i = 0; i < blocks; i++)
            {
                tables.Add(_pool.Create(1));
                _pool.Extend(tables[^1], 1);
            }

            var random = new Random(9);
            var order = tables.ToArray();
            random.Shuffle(order);
            foreach (var table in order)
                table.Dispose();
        }
    }
}

using System.Diagnostics;
using Kvasir.Compute;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Times the votes of a prompt's last rows in one layer: weights from the saved log-sum-exp, then sums over rows and heads.</summary>
internal sealed unsafe class ScoringCost : IDisposable
{
    private const int WindowRows = 8;
    private const float Scale = 0.125f;

    private readonly CpuBackend _backend;
    private readonly KvLayout _layout;
    private readonly int _queryHeads;
    private readonly int _rows;
    private readonly NativeBuffer _pool;
    private readonly NativeBuffer _segments;
    private readonly NativeBuffer _queries;
    private readonly NativeBuffer _weights;
    private readonly float[] _scores;

    /// <summary>A layer of random rows.</summary>
    /// <param name="queryHeads">Query heads.</param>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="headDim">Dimensions.</param>
    /// <param name="rows">Rows of the prompt.</param>
    /// <param name="threads">Threads; the machine's when null.</param>
    public ScoringCost(int queryHeads, int kvHeads, int headDim, int rows, int? threads)
    {
        _backend = new CpuBackend(threads is { } known ? new CpuBackendOptions { Threads = known } : new CpuBackendOptions());
        _layout = new KvLayout(1, kvHeads, headDim, KvDataType.F16, 32);
        (_queryHeads, _rows) = (queryHeads, rows);
        var blocks = (rows + _layout.BlockRows - 1) / _layout.BlockRows;
        _pool = _backend.Allocate((nuint)(blocks * _layout.BlockBytes));
        _segments = new NativeBuffer((nuint)(blocks * sizeof(KvSegment)));
        _queries = new NativeBuffer((nuint)(WindowRows * queryHeads * ((2 * headDim) + 1) * sizeof(float)));
        _weights = new NativeBuffer((nuint)((long)WindowRows * queryHeads * rows * sizeof(float)));
        _scores = new float[rows - WindowRows];
        var random = new Random(1);
        foreach (ref var query in _queries.AsSpan<float>())
            query = (2 * random.NextSingle()) - 1;
        var key = stackalloc float[kvHeads * headDim];
        for (var block = 0; block < blocks; block++)
            _segments.AsSpan<KvSegment>()[block] = new KvSegment { Slice = _pool.Pointer + (block * _layout.BlockBytes), Count = Math.Min(_layout.BlockRows, rows - (block * _layout.BlockRows)), FirstRow = block * _layout.BlockRows, BasePosition = block * _layout.BlockRows };
        for (var row = 0; row < rows; row++)
        {
            for (var d = 0; d < kvHeads * headDim; d++)
                key[d] = (2 * random.NextSingle()) - 1;
            _backend.WriteKv(key, key, kvHeads * headDim, [new KvWriteRow { Slice = _segments.AsSpan<KvSegment>()[row / _layout.BlockRows].Slice, Slot = row % _layout.BlockRows }], _layout);
        }
    }

    /// <summary>Seconds to score all rows by some heads, each time by other ones of as many; median.</summary>
    public double Time(int voters, int repeats)
    {
        var random = new Random(2);
        var times = new double[repeats];
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            int[] heads = [.. Enumerable.Range(0, _queryHeads)];
            random.Shuffle(heads);
            times[repeat] = Score(heads[..voters]);
        }

        return times.Order().ElementAt(repeats / 2);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _segments.Dispose();
        _queries.Dispose();
        _weights.Dispose();
        _backend.Dispose();
    }

    private double Score(int[] heads)
    {
        var view = new KvView { Segments = (KvSegment*)_segments.Pointer, SegmentCount = (_rows + _layout.BlockRows - 1) / _layout.BlockRows };
        var rows = stackalloc QueryRow[WindowRows];
        for (var i = 0; i < WindowRows; i++)
            rows[i] = new QueryRow { Position = _rows - WindowRows + i };
        var queries = (float*)_queries.Pointer;
        var width = _queryHeads * _layout.HeadDim;
        var batch = new AttentionBatch
        {
            Queries = queries,
            QueryStride = width,
            Output = queries + (WindowRows * width),
            LogSumExp = queries + (2 * WindowRows * width),
            Rows = rows,
            RowCount = WindowRows,
            Views = &view,
            ViewCount = 1,
            QueryHeads = _queryHeads,
            Scale = Scale,
            Layout = _layout,
        };
        _backend.Attend(batch);
        var started = Stopwatch.GetTimestamp();
        fixed (int* looked = heads)
            _backend.ObserveAttention(batch, new AttentionProbe { RowCount = WindowRows, ColumnCount = _rows, Heads = looked, HeadCount = heads.Length, Weights = (float*)_weights.Pointer });
        Array.Clear(_scores);
        for (var row = 0; row < WindowRows * heads.Length; row++)
            WindowScores.Add(new ReadOnlySpan<float>((float*)_weights.Pointer + ((long)row * _rows), _scores.Length), _scores);
        WindowScores.AveragePool(_scores, 5);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}

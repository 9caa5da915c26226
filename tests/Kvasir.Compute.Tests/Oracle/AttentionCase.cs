using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>A drawn attention call: rows of a cache, queries, and what each of them may see.</summary>
internal sealed unsafe class AttentionCase : IDisposable
{
    private const int MaxPosition = 8192;
    private readonly RopeTable _rope;
    private readonly Dictionary<int, float[]> _rotations = [];
    private readonly List<NativeBuffer> _memory = [];

    public AttentionCase(int seed, KvDataType type, bool plain = false)
    {
        var random = new Random(seed);
        int[] dims = type is KvDataType.Q8_0 or KvDataType.Q4_0 ? [32, 64, 96, 128] : [16, 24, 32, 40, 64, 80, 128];
        int headDim = dims[random.Next(dims.Length)];
        Layout = new KvLayout(random.Next(1, 3), random.Next(1, 4), headDim, type, 16 * random.Next(1, 4));
        QueryHeads = Layout.KvHeads * random.Next(1, 6);
        Scale = 1f / MathF.Sqrt(headDim);
        int half = headDim / (random.Next(2) == 0 ? 2 : 4);
        _rope = new RopeTable([.. Enumerable.Range(0, half).Select(i => Math.Pow(10000, -(double)i / half))], MaxPosition);
        Rows = DrawRows(random, plain);
        Queries = DrawQueries(random, plain);
        QueryValues = [.. Enumerable.Range(0, Queries.Length).Select(_ => Numbers(random, QueryHeads * headDim, 2f))];
    }

    public KvLayout Layout { get; }

    public int QueryHeads { get; }

    public float Scale { get; }

    public IReadOnlyList<KvRow> Rows { get; }

    public QueryRow[] Queries { get; }

    /// <summary>Per query row <c>[queryHeads * headDim]</c>.</summary>
    public float[][] QueryValues { get; }

    /// <summary>The oracle's answer for query row r and head h.</summary>
    public (float[] Output, float LogSumExp) Exact(int r, int h) => ScalarAttention.Exact(
        Query(r, h), Rows, row => Sees(Queries[r], row), h / (QueryHeads / Layout.KvHeads), Scale, Layout.Type, Rotation);

    public (double[] Output, double LogSumExp) Plain(int r, int h) => ScalarAttention.Plain(
        Query(r, h), Rows, row => Sees(Queries[r], row), h / (QueryHeads / Layout.KvHeads), Scale, Layout.Type, Rotation);

    /// <summary>Weights of query row r on rows that stand for the case's, averaged over heads.</summary>
    public double[] MeanWeights(int r, IReadOnlyList<KvRow> rows)
    {
        var mean = new double[rows.Count];
        for (int h = 0; h < QueryHeads; h++)
        {
            var weights = Weights(r, h, rows);
            for (int i = 0; i < mean.Length; i++)
                mean[i] += weights[i] / QueryHeads;
        }

        return mean;
    }

    /// <summary>Weights of query row r and head h on rows that stand for the case's.</summary>
    public double[] Weights(int r, int h, IReadOnlyList<KvRow> rows) => ScalarAttention.Weights(
        Query(r, h), rows, row => Sees(Queries[r], row), h / (QueryHeads / Layout.KvHeads), Scale, Layout.Type, Rotation).Weights;

    /// <summary>Runs the backend on the given query rows over one laid-out form of the cache.</summary>
    public (float[] Output, float[] LogSumExp) Run(IComputeBackend backend, KvPages pages, params int[] rows) =>
        Run(backend, [pages.View], [.. rows.Select(row => (row, 0))]);

    /// <summary>Runs the backend on query rows, each over one of the views.</summary>
    public (float[] Output, float[] LogSumExp) Run(IComputeBackend backend, KvView[] views, params (int Row, int View)[] rows) =>
        Run(backend, views, rows, _ => { });

    /// <summary>Runs the backend on query rows, each over one of the views, and then <paramref name="after"/> on the call.</summary>
    public (float[] Output, float[] LogSumExp) Run(IComputeBackend backend, KvView[] views, (int Row, int View)[] rows, Action<AttentionBatch> after)
    {
        int width = QueryHeads * Layout.HeadDim;
        int stride = width + 3;
        var queries = new float[rows.Length * stride];
        var chosen = new QueryRow[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            QueryValues[rows[i].Row].CopyTo(queries, i * stride);
            chosen[i] = Queries[rows[i].Row] with { View = rows[i].View };
        }

        var output = new float[rows.Length * width];
        var lse = new float[rows.Length * QueryHeads];
        output.AsSpan().Fill(-77f);
        fixed (KvView* view = views)
        fixed (float* q = queries, o = output, l = lse)
        fixed (QueryRow* r = chosen)
        {
            var batch = new AttentionBatch
            {
                Queries = q,
                QueryStride = stride,
                Output = o,
                Rows = r,
                RowCount = rows.Length,
                Views = view,
                ViewCount = views.Length,
                QueryHeads = QueryHeads,
                Scale = Scale,
                Layout = Layout,
                Rope = _rope,
                LogSumExp = l,
            };
            backend.Attend(batch);
            after(batch);
        }

        return (output, lse);
    }

    public static bool Sees(in QueryRow query, KvRow row)
    {
        if (row.Masked)
            return false;
        long position = (long)row.Position + row.Offset;
        switch (query.Visibility)
        {
            case VisibilityKind.Causal:
                return position <= query.Position;
            case VisibilityKind.Window:
                return position <= query.Position && position > query.Position - query.Window;
            case VisibilityKind.Range:
                return position >= query.RangeStart && position < query.RangeEnd;
            default:
                if (row.Row < query.TreeFirstRow)
                    return position <= query.Position;
                long bit = row.Row - query.TreeFirstRow;
                return bit / 64 < query.AncestorWords && (query.Ancestors[bit / 64] >> (int)(bit % 64) & 1) != 0;
        }
    }

    public void Dispose()
    {
        _rope.Dispose();
        foreach (var buffer in _memory)
            buffer.Dispose();
    }

    private static float[] Numbers(Random random, int count, float size)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (random.NextSingle() - 0.5f) * size;
        return numbers;
    }

    private float[] Query(int r, int h) => QueryValues[r].AsSpan(h * Layout.HeadDim, Layout.HeadDim).ToArray();

    /// <summary>Cosines and sines of an offset.</summary>
    public float[] Rotation(int offset)
    {
        if (!_rotations.TryGetValue(offset, out var rotation))
        {
            _rotations[offset] = rotation = new float[2 * _rope.Half];
            fixed (float* at = rotation)
                _rope.Rotation(offset, at);
        }

        return rotation;
    }

    private List<KvRow> DrawRows(Random random, bool plain)
    {
        int width = Layout.KvHeads * Layout.HeadDim;
        int count = random.Next(4) == 0 ? random.Next(500, 1300) : random.Next(0, 300);
        bool gaps = !plain && random.Next(3) == 0, offsets = !plain && random.Next(3) == 0;
        bool masks = !plain && random.Next(3) == 0, biases = !plain && random.Next(3) == 0, shuffled = !plain && random.Next(4) == 0;
        var rows = new List<KvRow>();
        long at = gaps && random.Next(2) == 0 ? random.Next(2000) : 0;
        int offset = 0;
        bool biased = false;
        for (int i = 0; i < count; i++, at++)
        {
            if (gaps && random.Next(40) == 0)
                at += random.Next(1, 700);
            if (random.Next(30) == 0)
            {
                offset = offsets ? random.Next(-50, 50) : 0;
                biased = biases && random.Next(2) == 0;
            }

            int position = shuffled ? random.Next(0, 2000) : (int)at;
            rows.Add(new KvRow(
                at, position, offset, masks && random.Next(5) == 0, biased ? MathF.Log(random.Next(1, 9)) : null, Numbers(random, width, 2f), Numbers(random, width, 2f)));
        }

        return rows;
    }

    private QueryRow[] DrawQueries(Random random, bool plain)
    {
        int last = Rows.Count == 0 ? 5 : (int)Rows[^1].Row;
        var queries = new QueryRow[random.Next(1, Rows.Count > 400 ? 5 : 24)];
        for (int i = 0; i < queries.Length; i++)
        {
            int position = Math.Max(0, last - queries.Length + 1 + i - (random.Next(8) == 0 ? random.Next(last + 1) : 0));
            queries[i] = new QueryRow { Position = position, Visibility = plain ? VisibilityKind.Causal : (VisibilityKind)random.Next(4) };
            queries[i].Window = random.Next(1, 400);
            queries[i].RangeStart = random.Next(0, last + 1);
            queries[i].RangeEnd = queries[i].RangeStart + random.Next(0, 600);
            queries[i].TreeFirstRow = random.Next(0, last + 2);
            queries[i].AncestorWords = random.Next(0, 3);
            var words = new NativeBuffer(16);
            _memory.Add(words);
            words.AsSpan<long>()[0] = random.NextInt64(long.MinValue, long.MaxValue);
            words.AsSpan<long>()[1] = random.NextInt64(long.MinValue, long.MaxValue);
            queries[i].Ancestors = (ulong*)words.Pointer;
        }

        return queries;
    }
}

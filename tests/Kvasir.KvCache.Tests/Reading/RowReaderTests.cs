using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Reading;

namespace Kvasir.KvCache.Tests.Reading;

public sealed class RowReaderTests
{
    private const int HeadDim = 20;

    [Fact]
    public void QuestBound_IsNeverBelowAScoreAndIsReachedByOneKey()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var query = Draw(random, HeadDim);
            var keys = Enumerable.Range(0, 1 + random.Next(16)).Select(_ => Draw(random, HeadDim)).ToArray();
            float[] smallest = [.. Enumerable.Range(0, HeadDim).Select(d => keys.Min(key => key[d]))];
            float[] largest = [.. Enumerable.Range(0, HeadDim).Select(d => keys.Max(key => key[d]))];
            var bound = QuestPolicy.Bound(query, smallest, largest);
            var best = keys.Max(key => Enumerable.Range(0, HeadDim).Sum(d => (double)query[d] * key[d]));
            Assert.True(bound >= best - 1e-4, $"bound {bound} below a score of {best}");
            if (keys.Length == 1)
                Assert.Equal(best, bound, 1e-4);
        }
    }

    [Fact]
    public void Quest_ReadsThePagesThatAPlainComputationChooses_AlsoAfterRowsWereWrittenAgain()
    {
        var random = new Random(6);
        var shape = new ReadingShape(Layers: 3, QueryHeads: 4, KvHeads: 2, HeadDim, Budget: 64, Point: 10);
        var reader = new QuestPolicy().Start(shape);
        var rows = new Source(random, heads: 2, rows: 400);
        var ranges = new RowRanges();
        foreach (var position in new[] { 150, 151, 170, 399, 200, 201, 380 })
        {
            if (position == 200)
                rows.Rewrite(random, from: 200);
            var queries = Draw(random, 2 * HeadDim);
            var block = new ReadingBlock { Layer = 2, Head = 1, Start = position, Last = position, Queries = queries, Rows = rows };
            ranges.Clear();
            Assert.True(reader.Select(block, ranges));
            ranges.Settle(position + 1);

            var full = position / 16;
            var bounds = Enumerable.Range(0, full).Select(page => Enumerable.Range(0, 2).Max(query => Enumerable.Range(0, HeadDim).Sum(d =>
            {
                var elements = Enumerable.Range(page * 16, 16).Select(row => (double)rows.Key(1, row)[d] * queries[(query * HeadDim) + d]);
                return elements.Max();
            }))).ToArray();
            var chosen = Enumerable.Range(0, full).OrderByDescending(page => bounds[page]).Take(3).ToHashSet();
            var expected = Enumerable.Range(0, position + 1).Where(row => row / 16 == full || chosen.Contains(row / 16));
            Assert.Equal(expected, Rows(ranges));
        }
    }

    [Fact]
    public void Quest_ReadsEverything_InTheFirstTwoLayersAndWhereTheBudgetHoldsIt()
    {
        var reader = new QuestPolicy().Start(new ReadingShape(3, 4, 2, HeadDim, Budget: 64, Point: 10));
        var rows = new Source(new Random(1), heads: 2, rows: 200);
        var queries = new float[2 * HeadDim];
        Assert.False(reader.Select(new ReadingBlock { Layer = 1, Head = 0, Start = 150, Last = 150, Queries = queries, Rows = rows }, new RowRanges()));
        Assert.False(reader.Select(new ReadingBlock { Layer = 2, Head = 0, Start = 60, Last = 60, Queries = queries, Rows = rows }, new RowRanges()));
    }

    [Fact]
    public void InfLlm_ReadsTheBlocksThatAPlainComputationChooses_HoweverItSeesTheQueries()
    {
        // 208 rows: 26 first ones, a window of 64, seven blocks of 16.
        const int rows = 700;
        const int point = 600;
        var random = new Random(8);
        var shape = new ReadingShape(Layers: 2, QueryHeads: 4, KvHeads: 2, HeadDim, Budget: 208, point);
        var source = new Source(random, heads: 2, rows);
        var queries = Draw(random, rows * 4 * HeadDim);
        RowReader[] readers = [new InfLlmPolicy().Start(shape), new InfLlmPolicy().Start(shape)];
        var ranges = new RowRanges();
        foreach (var (reader, step) in new[] { (readers[0], 64), (readers[1], 192) })
        {
            for (var at = 0; at < rows; at += at >= point ? 1 : Math.Min(step, point - at))
            {
                var end = at >= point ? at + 1 : Math.Min(at + step, point);
                reader.See(new ReadingQueries(1, at, end - at, queries.AsSpan(at * 4 * HeadDim, (end - at) * 4 * HeadDim), 4 * HeadDim));
                for (var start = at; start < end; start += 64)
                {
                    var last = Math.Min(start + 64, end) - 1;
                    var group = start >= point ? queries.AsSpan(((start * 4) + 2) * HeadDim, 2 * HeadDim) : [];
                    ranges.Clear();
                    var sparse = reader.Select(new ReadingBlock { Layer = 1, Head = 1, Start = start, Last = last, Queries = group, Rows = source }, ranges);
                    if (sparse)
                        ranges.Settle(start);
                    Assert.Equal(Expected(start, last), sparse ? Rows(ranges) : Enumerable.Range(0, start));
                }
            }
        }

        // A further answer goes on with what the prompt showed.
        var fork = new InfLlmPolicy().Start(shape);
        fork.GoOnFrom(readers[0]);
        ranges.Clear();
        Assert.True(fork.Select(new ReadingBlock { Layer = 1, Head = 1, Start = 699, Last = 699, Queries = queries.AsSpan(((699 * 4) + 2) * HeadDim, 2 * HeadDim), Rows = source }, ranges));
        ranges.Settle(699);
        Assert.Equal(Expected(699, 699), Rows(ranges));

        double Score(int query, int row) => Enumerable.Range(0, 2 * HeadDim).Sum(i => (double)queries[(((query * 4) + 2) * HeadDim) + i] * source.Key(1, row)[i % HeadDim]);

        IEnumerable<int> Expected(int start, int last)
        {
            var left = Math.Max(0, (start / 64) - 1) * 64 / 16;
            var similarity = new List<(double Score, int Block)>();
            for (var block = 1; block < left; block++)
            {
                var following = ((block * 16) + 16 + 63) / 64 * 64;
                var best = Enumerable.Range(block * 16, 16).OrderByDescending(row => Enumerable.Range(following, 64).Average(query => Score(query, row))).Take(4);
                similarity.Add((best.Sum(row => Enumerable.Range(start, last - start + 1).Sum(query => Score(query, row))), block));
            }

            var chosen = similarity.OrderByDescending(block => block.Score).Take(7).Select(block => block.Block).ToHashSet();
            return Enumerable.Range(0, start).Where(row => row < 26 || row >= left * 16 || chosen.Contains(row / 16));
        }
    }

    [Fact]
    public void AShape_ReadsFirstRowsAndAWindow_TriShapeEndsBeforeThePromptDoes()
    {
        var shape = new ReadingShape(2, 4, 2, HeadDim, Budget: 256, Point: 2000);
        var ranges = new RowRanges();
        var reader = new ShapePolicy("a-shape", 0).Start(shape);
        Assert.True(reader.Select(new ReadingBlock { Layer = 0, Head = 0, Start = 1024, Last = 1087, Queries = [], Rows = new Source(new Random(1), 1, 1) }, ranges));
        ranges.Settle(1024);
        Assert.Equal([(0, 32), (1024 - 224 + 1, 1024)], Enumerable.Range(0, ranges.Count).Select(i => ranges[i]));
        Assert.Equal(2000, reader.SparseEnd);
        Assert.Equal(1900, new ShapePolicy("tri-shape", 100).Start(shape).SparseEnd);
    }

    [Fact]
    public void VerticalSlash_FindsThePlantedColumnAndDiagonal()
    {
        const int length = 512;
        const int look = 64;
        var reader = new VerticalSlashPolicy().Start(new ReadingShape(2, QueryHeads: 2, KvHeads: 2, HeadDim, Budget: 160, Point: 600));
        var (columns, diagonals) = (new float[2 * length], new float[2 * length]);
        for (var row = 0; row < look; row++)
        {
            var position = length - look + row;
            See(head: 0, position, column: 77); // head 0 looks at column 77 and 300 rows back
            See(head: 0, position, position - 300);
            See(head: 1, position, column: 205); // head 1 at column 205 alone
        }

        reader.Look(new ReadingLook { Layer = 0, Length = length, Columns = columns, Diagonals = diagonals });
        var first = Read(reader, head: 0);
        Assert.Contains(77, first);
        for (var query = 448; query < 512; query++)
            Assert.Contains(query - 300, first);
        Assert.True(first.Count < 350, $"{first.Count} of 448 rows are read");
        var second = Read(reader, head: 1);
        Assert.Contains(205, second);
        Assert.DoesNotContain(448 - 300, second);

        void See(int head, int position, int column)
        {
            columns[(head * length) + column]++;
            diagonals[(head * length) + length - 1 - (position - column)]++;
        }

        static HashSet<int> Read(RowReader reader, int head)
        {
            var ranges = new RowRanges();
            Assert.True(reader.Select(new ReadingBlock { Layer = 0, Head = head, Start = 448, Last = 511, Queries = [], Rows = new Source(new Random(1), 1, 1) }, ranges));
            ranges.Settle(512);
            return [.. Rows(ranges)];
        }
    }

    private static IEnumerable<int> Rows(RowRanges ranges) =>
        Enumerable.Range(0, ranges.Count).SelectMany(i => Enumerable.Range(ranges[i].Start, ranges[i].End - ranges[i].Start));

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];

    /// <summary>Rows of random keys.</summary>
    private sealed class Source(Random random, int heads, int rows) : IKvRowSource
    {
        private readonly float[][][] _keys = [.. Enumerable.Range(0, heads).Select(_ => Enumerable.Range(0, rows).Select(_ => Draw(random, HeadDim)).ToArray())];

        public float[] Key(int head, int row) => _keys[head][row];

        public void Read(int head, int row, Span<float> key, Span<float> value) => _keys[head][row].CopyTo(key);

        public void KeyBounds(int head, int firstRow, int count, Span<float> smallest, Span<float> largest)
        {
            for (var d = 0; d < HeadDim; d++)
            {
                var elements = _keys[head].Skip(firstRow).Take(count).Select(key => key[d]);
                (smallest[d], largest[d]) = (elements.Min(), elements.Max());
            }
        }

        public void Rewrite(Random again, int from)
        {
            foreach (var head in _keys)
            {
                for (var row = from; row < head.Length; row++)
                    head[row] = Draw(again, HeadDim);
            }
        }
    }
}

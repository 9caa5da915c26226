using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class LazyEvictionTests
{
    private const int Budget = 60;
    private const int Prompt = 12;

    [Theory]
    [InlineData(8)]
    [InlineData(32)]
    [InlineData(50)]
    public void Tracker_AgreesWithABruteForceHistory_ForTwoThousandStepsOfEviction(int window)
    {
        var shape = new CompressionShape(2, 4, 2, 8, Budget);
        var options = new LazyEvictionOptions { Window = window, Threshold = 0.05 };
        var compressor = new LazyEvictionCompressor(shape, options);
        var random = new Random(11);
        var lanes = new List<Row>[4];
        for (var lane = 0; lane < lanes.Length; lane++)
            lanes[lane] = [.. Enumerable.Range(0, Prompt).Select(_ => new Row(0, []))];
        var drops = new RowDrops(2);
        for (var t = 1; t <= 2000; t++)
        {
            for (var layer = 0; layer < 2; layer++)
            {
                for (var head = 0; head < 2; head++)
                    lanes[(layer * 2) + head].Add(new Row(t, []));
                int[] counts = [lanes[layer * 2].Count, lanes[(layer * 2) + 1].Count];
                var columns = counts.Max();
                var weights = Enumerable.Range(0, 4 * columns).Select(_ => random.NextSingle() * random.NextSingle() * 0.07f).ToArray();
                for (var head = 0; head < 2; head++)
                {
                    for (var row = 0; row < counts[head]; row++)
                    {
                        if (Enumerable.Range(head * 2, 2).Any(q => weights[(q * columns) + row] >= 0.05))
                            lanes[(layer * 2) + head][row].Looks.Add(t);
                    }
                }

                var words = (columns + 63) / 64;
                var looked = new ulong[2 * words];
                for (var i = 0; i < weights.Length; i++)
                    looked[(i / columns / 2 * words) + (i % columns / 64)] |= weights[i] >= compressor.LookThreshold ? 1UL << (i % columns % 64) : 0;
                drops.Reset();
                compressor.Answer(new AnswerSignals { Layer = layer, Position = Prompt + t - 1, Step = t, LaneRows = counts, Looked = looked, Rows = new NoRows() }, drops);
                for (var head = 0; head < 2; head++)
                    Check(compressor, layer, head, lanes[(layer * 2) + head], drops.Dropped(head), t, window);
            }
        }
    }

    private static void Check(LazyEvictionCompressor compressor, int layer, int head, List<Row> rows, List<int> dropped, int t, int window)
    {
        Assert.True(dropped.Count == 0 || t % window == 0, $"step {t}: rows went between two windows");
        Assert.All(dropped, row => Assert.True(rows[row].Born <= t - window, $"step {t}: a row of the newest window went"));
        if (dropped.Count > 0)
        {
            var stayed = Enumerable.Range(0, rows.Count).Except(dropped).Where(row => rows[row].Born <= t - window).ToArray();
            Assert.Equal(rows.Count - Budget, dropped.Count);
            Assert.True(stayed.Length == 0 || dropped.Max(row => Score(rows[row], t)) <= stayed.Min(row => Score(rows[row], t)) + 1e-6, $"step {t}: a better row went than one that stayed");
        }

        var before = rows.ToArray();
        var moves = new Kvasir.KvCache.Tables.HoleFilling(dropped.ToArray(), rows.Count);
        while (moves.MoveNext())
            rows[moves.To] = before[moves.From];
        rows.RemoveRange(rows.Count - dropped.Count, dropped.Count);
        Assert.InRange(rows.Count, 0, Budget + window);
        if (t % window != 0)
            return; // the books are made up once in a window
        var books = compressor.Books(layer, head);
        Assert.Equal(rows.Count, books.Seen.Length);
        for (var row = 0; row < rows.Count; row++)
        {
            var (seen, gap) = History(rows[row]);
            Assert.True((books.Seen[row], books.Gap[row]) == (seen, gap), $"step {t}, row {row}: ({books.Seen[row]}, {books.Gap[row]}) against ({seen}, {gap})");
        }
    }

    /// <summary>TS and MRI by definition, from all looks at a row.</summary>
    private static (int Seen, int Gap) History(Row row)
    {
        var seen = row.Born == 0 ? 0 : row.Born - 1;
        var gap = 0;
        foreach (var look in row.Looks)
            (gap, seen) = (Math.Max(gap, look - seen), look);
        return (seen, gap);
    }

    /// <summary>H1 + H2 in the form of the published code.</summary>
    private static double Score(Row row, int t)
    {
        var (seen, gap) = History(row);
        return gap == 0 ? 0 : (2 / (1 + Math.Exp(1 + ((t - seen) / (gap + 1e-5))))) + (2 / (1 + Math.Exp(gap - 1)));
    }

    private sealed record Row(int Born, List<int> Looks);

    private sealed class NoRows : IKvRowSource
    {
        public void Read(int head, int row, Span<float> key, Span<float> value) => throw new NotSupportedException();

        public void KeyBounds(int head, int firstRow, int count, Span<float> smallest, Span<float> largest) => throw new NotSupportedException();
    }
}

using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Tables;

namespace Kvasir.KvCache.Tests.Compression;

/// <summary>Selectors and mergers against references in binary64 that follow the papers word by word.</summary>
public sealed class PolicyReferenceTests
{
    private const int Length = 150;
    private const int Budget = 40;
    private const int Window = Budget / 2;

    private static readonly CompressionShape Shape = new(Layers: 5, QueryHeads: 6, KvHeads: 3, HeadDim: 8, Budget);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void SnapKv_KeepsWhatTheWindowLooksAt(int seed)
    {
        var prompt = Draw(seed, Window);
        var kept = prompt.Run(new SnapKvPolicy());
        ForAllHeads((layer, head) => Assert.Equal(
            Best(Pooled([.. Before(Window).Select(n => Rows(Window).Sum(i => Group(head).Sum(q => prompt.Weight(layer, i, q, n))))]), Budget - Window, Window),
            kept[layer].Kept(head)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void AdaKv_LetsTheHeadsOfALayerCompete_ButForASafePart(int seed)
    {
        const int Mean = Budget - Window;
        const int Safe = Mean / 5;
        var prompt = Draw(seed, Window);
        var kept = prompt.Run(new SnapKvPolicy("adakv", adaptive: true));
        for (var layer = 0; layer < Shape.Layers; layer++)
        {
            double[][] scores = [.. Rows(Shape.KvHeads).Select(head => Pooled([.. Before(Window).Select(n => Rows(Window).Sum(i => Group(head).Sum(q => prompt.Weight(layer, i, q, n))))]))];
            var safe = Rows(Shape.KvHeads).SelectMany(head => Best(scores[head], Safe, 0).Select(row => (head, row))).ToHashSet();
            var all = Rows(Shape.KvHeads).SelectMany(head => Rows(scores[head].Length).Select(row => (head, row)));
            var won = all.Where(place => !safe.Contains(place)).OrderByDescending(place => scores[place.head][place.row]).Take((Mean - Safe) * Shape.KvHeads);
            var expected = won.Concat(safe).ToLookup(place => place.head, place => place.row);
            for (var head = 0; head < Shape.KvHeads; head++)
                Assert.Equal([.. expected[head].Order(), .. Enumerable.Range(Length - Window, Window)], kept[layer].Kept(head)!);
            Assert.Equal(Budget * Shape.KvHeads, Rows(Shape.KvHeads).Sum(head => kept[layer].Kept(head)!.Count));
        }

        Assert.Contains(Rows(Shape.Layers), layer => Rows(Shape.KvHeads).Select(head => kept[layer].Kept(head)!.Count).Distinct().Count() > 1);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void H2O_KeepsTheHeaviestAndTheNewest(int seed)
    {
        var prompt = Draw(seed, 0);
        var kept = prompt.Run(new H2OPolicy());
        ForAllHeads((layer, head) => Assert.Equal(
            Best([.. Before(Budget / 2).Select(n => prompt.Mass(layer, head, n))], Budget - (Budget / 2), Budget / 2), kept[layer].Kept(head)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void H2O_DropsTheLightestOldRow_WithEveryToken(int seed)
    {
        var prompt = Draw(seed, 0);
        var random = new Random(seed);
        var compressor = new H2OPolicy().Start(Shape);
        for (var layer = 0; layer < Shape.Layers; layer++)
            compressor.Observe(prompt.Signals(layer));
        var kept = prompt.Select(compressor, 0, Shape.KvHeads);
        var lanes = Rows(Shape.KvHeads).Select(head => kept.Kept(head)!.Select(row => (Position: row, Mass: prompt.Mass(0, head, row))).ToArray()).ToArray();
        var drops = new RowDrops(Shape.KvHeads);
        for (var step = 1; step <= 100; step++)
        {
            var position = Length + step - 1;
            var columns = Budget + 1;
            float[] weights = [.. Rows(Shape.QueryHeads * columns).Select(_ => random.NextSingle())];
            drops.Reset();
            compressor.Answer(new AnswerSignals { Layer = 0, Position = position, Step = step, LaneRows = [.. Rows(Shape.KvHeads).Select(_ => columns)], Weights = weights, Columns = columns, Rows = prompt }, drops);
            for (var head = 0; head < Shape.KvHeads; head++)
            {
                lanes[head] = [.. lanes[head], (position, 0)];
                for (var row = 0; row < columns; row++)
                    lanes[head][row].Mass += Group(head).Sum(q => (double)weights[(q * columns) + row]);
                var old = Rows(columns).Where(row => lanes[head][row].Position <= position - (Budget / 2)).ToArray();
                var dropped = Assert.Single(drops.Dropped(head));
                Assert.Contains(dropped, old);
                Assert.Equal(old.Min(row => lanes[head][row].Mass), lanes[head][dropped].Mass, 1e-4);
                HoleFilling.Apply(lanes[head].AsSpan(), [dropped]);
                lanes[head] = lanes[head][..Budget];
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Tova_KeepsWhatTheLastRowLooksAt(int seed)
    {
        var prompt = Draw(seed, 1);
        var kept = prompt.Run(new TovaPolicy());
        for (var layer = 0; layer < Shape.Layers; layer++)
            Assert.Equal(Best([.. Rows(Length).Select(n => Rows(Shape.QueryHeads).Sum(q => prompt.Weight(layer, 0, q, n)))], Budget, 0), kept[layer].Kept(0));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void CompressKv_KeepsWhatTheVotersLookAt_ForAllHeadsOfALayer_AndExactlyTheBudget(int seed)
    {
        const int Votes = 8;
        var prompt = Draw(seed, Votes);
        int[][] voters = [.. Rows(Shape.Layers).Select(layer => new[] { layer % 3, 3 + (layer % 2) })];
        double[] errors = [0.1, 0.4, 0.2, 0.25, 0.05];
        var budgets = CompressKvPolicy.Budgets(errors, Budget);
        var kept = prompt.Run(new CompressKvPolicy("compresskv", voters, errors));
        for (var layer = 0; layer < Shape.Layers; layer++)
        {
            var scores = Pooled([.. Before(Votes).Select(n => Rows(Votes).Sum(i => voters[layer].Sum(q => prompt.Weight(layer, i, q, n))))]);
            Assert.Equal(Best(scores, budgets[layer] - Votes, Votes), kept[layer].Kept(0));
        }

        Assert.Equal(Budget * Shape.Layers, kept.Sum(layer => layer.Kept(0)!.Count));
    }

    [Fact]
    public void CakesCascade_EndsWithTheRowsOfOneSelection_UpToRounding()
    {
        var (same, cases) = (0, 0);
        for (var seed = 1; seed <= 60; seed++)
        {
            var prompt = Draw(seed, Window);
            var compressor = new CakePolicy("cake", new CakeOptions()).Start(Shape);
            var kept = new List<int>[Shape.Layers, Shape.KvHeads];
            long held = 0;
            for (var layer = 0; layer < Shape.Layers; layer++)
            {
                compressor.Observe(prompt.Signals(layer));
                held = 0;
                for (var l = 0; l <= layer; l++)
                {
                    var selection = prompt.Select(compressor, l, Shape.KvHeads, layer + 1);
                    for (var head = 0; head < Shape.KvHeads; head++)
                    {
                        var rows = selection.Kept(head)!;
                        kept[l, head] = kept[l, head] is { } before ? [.. before.Intersect(rows)] : rows;
                        held += kept[l, head].Count;
                    }
                }

                Assert.InRange(held, 0, (long)Shape.KvHeads * (((Budget - Window) * Shape.Layers) + (Window * (layer + 1))));
            }

            var preferences = Rows(Shape.Layers).Select(layer => Preference(prompt, layer)).ToArray();
            ForAllHeads((layer, head) =>
            {
                var whole = preferences[layer] / preferences.Sum() * (Budget - Window) * Shape.Layers;
                var scores = Pooled([.. Before(Window).Select(n => Group(head).Sum(q => Indicator(prompt, layer, q, n)))]);
                var expected = Best(scores, (int)whole, Window);
                cases++;
                same += expected.SequenceEqual(kept[layer, head]) ? 1 : 0;
                var (more, fewer) = (expected.Except(kept[layer, head]).Count(), kept[layer, head].Except(expected).Count());
                Assert.True(more == 0 || fewer == 0, $"seed {seed}, layer {layer}, head {head}: other rows than those of one selection");
                Assert.InRange(more + fewer, 0, 2);
            });
        }

        Assert.InRange(same, cases / 3, cases); // the others differ by the one or two rows that rounding hands out
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ElasticCache_MergesEachRowIntoTheNearestAnchor(int seed)
    {
        var prompt = Draw(seed, 0);
        var shared = seed % 2 == 0;
        var kept = prompt.Run(new ElasticCachePolicy("elastic", new ElasticOptions { Anchors = shared ? ElasticOptions.Sharing.Model : ElasticOptions.Sharing.Layer }));
        for (var layer = 0; layer < Shape.Layers; layer++)
        {
            var of = shared ? Rows(Shape.Layers) : [layer];
            double[] mass = [.. Rows(Length).Select(n => n == 0 || n == Length - 1 ? double.MaxValue : of.Sum(l => Rows(Shape.KvHeads).Sum(head => prompt.Mass(l, head, n))))];
            var anchors = kept[layer].Kept(0)!;
            Assert.Equal(Best(mass, Budget, 0), anchors);
            var inner = anchors[1..^1];
            var buckets = Enumerable.Range(1, Length - 2).ToLookup(row => inner.MinBy(anchor => (Math.Abs(anchor - row), anchor)));
            Assert.Equal(Length - 2, buckets.Sum(bucket => bucket.Count()));
            foreach (var bucket in buckets)
            {
                for (var head = 0; head < Shape.KvHeads; head++)
                {
                    var merged = kept[layer].Merged.Where(row => row.Row == bucket.Key && row.Head == head).ToArray();
                    Assert.Equal(bucket.Count() > 1 ? 1 : 0, merged.Length);
                    if (merged.Length == 1)
                        Close(prompt, layer, head, merged[0], [.. bucket.Select(row => (row, 1.0))]);
                }
            }
        }
    }

    [Theory]
    [InlineData(ElasticOptions.Elimination.FixedPlace)]
    [InlineData(ElasticOptions.Elimination.Oldest)]
    [InlineData(ElasticOptions.Elimination.LeastSeen)]
    public void ElasticCache_KeepsItsShareOfAllTokens_ForAThousandSteps(ElasticOptions.Elimination eliminates)
    {
        var prompt = Draw(1, 0);
        var random = new Random(2);
        var compressor = new ElasticCachePolicy("elastic", new ElasticOptions { Eliminates = eliminates }).Start(Shape);
        for (var layer = 0; layer < Shape.Layers; layer++)
            compressor.Observe(prompt.Signals(layer));
        var count = prompt.Select(compressor, 0, 1).Kept(0)!.Count;
        int[] born = [.. Rows(count)];
        var drops = new RowDrops(1);
        for (var step = 1; step <= 1000; step++)
        {
            born = [.. born, count + step - 1];
            float[] weights = [.. Rows(Shape.QueryHeads * born.Length).Select(_ => random.NextSingle())];
            drops.Reset();
            compressor.Answer(new AnswerSignals { Layer = 0, Position = Length + step - 1, Step = step, LaneRows = [born.Length], Weights = weights, Columns = born.Length, Rows = prompt }, drops);
            var dropped = drops.Dropped(0).Select(row => born[row]).ToArray();
            Assert.DoesNotContain(0, dropped);
            if (eliminates != ElasticOptions.Elimination.LeastSeen)
                Assert.All(dropped, row => Assert.Equal(eliminates == ElasticOptions.Elimination.Oldest ? 1 : Budget - 25, born.Order().ToList().IndexOf(row)));
            HoleFilling.Apply(born.AsSpan(), drops.Dropped(0).ToArray());
            born = born[..^dropped.Length];
            Assert.InRange(born.Length - ((double)Budget / Length * (Length + step)), -1, 1);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void KvMerger_WeighsTheRowsOfASetByTheirDistanceFromThePivot(int seed)
    {
        var prompt = Draw(seed, 0);
        foreach (var sigma in Enum.GetValues<KvMergerOptions.Width>())
        {
            var options = new KvMergerOptions { WindowRows = 0, Sigma = sigma, KeepsMass = seed % 2 == 0 };
            var kept = prompt.Run(new KvMergerPolicy("kvmerger", options));
            ForAllHeads((layer, head) =>
            {
                var rows = kept[layer].Kept(head)!;
                Assert.Equal(Budget, rows.Count);
                var recent = (int)(Budget * options.RecentShare);
                var isProtected = new bool[Length];
                foreach (var row in Best([.. Before(recent).Select(n => prompt.Mass(layer, head, n))], (int)(Budget * options.HeavyShare), recent))
                    isProtected[row] = true;
                float[] cosines = [.. Rows(Length - 1).Select(row => (float)Cosine(prompt.Keys[layer, head, row], prompt.Keys[layer, head, row + 1]))];
                var sets = MergingSets.Exactly(cosines, isProtected, Budget - isProtected.Count(row => row));
                foreach (var (start, end) in sets.Where(set => set.End - set.Start > 1))
                {
                    var pivot = Enumerable.Range(start, end - start).MaxBy(row => prompt.Mass(layer, head, row));
                    var merged = Assert.Single(kept[layer].Merged, row => row.Head == head && row.Row == pivot);
                    double[] distances = [.. Enumerable.Range(start, end - start).Select(row => Math.Sqrt(prompt.Keys[layer, head, row].Zip(prompt.Keys[layer, head, pivot], (a, b) => ((double)a - b) * ((double)a - b)).Sum()))];
                    var width = sigma switch
                    {
                        KvMergerOptions.Width.Constant => 5 * Math.Sqrt(Shape.HeadDim / 128.0),
                        KvMergerOptions.Width.MeanDistance => distances.Sum() / (distances.Length - 1),
                        _ => double.PositiveInfinity,
                    };
                    Close(prompt, layer, head, merged, [.. distances.Select((distance, i) => (start + i, Math.Exp(-distance * distance / (2 * width * width))))]);
                    Assert.Equal(options.KeepsMass ? Math.Log(end - start) : 0, merged.Bias, 1e-6);
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void KvMergerByAWindow_ProtectsWhatTheLastRowsLookAt(int seed)
    {
        const int Looks = 10;
        var prompt = Draw(seed, Looks);
        var options = new KvMergerOptions { WindowRows = Looks };
        var kept = prompt.Run(new KvMergerPolicy("kvmerger", options));
        var recent = (int)(Budget * options.RecentShare);
        ForAllHeads((layer, head) =>
        {
            double[] mass = [.. Before(recent).Select(n => Rows(Looks).Sum(i => Group(head).Sum(q => prompt.Weight(layer, i, q, n))))];
            var isProtected = Best(mass, (int)(Budget * options.HeavyShare), recent);
            Assert.Empty(isProtected.Except(kept[layer].Kept(head)!));
            Assert.Empty(isProtected.Intersect(kept[layer].Merged.Where(row => row.Head == head).Select(row => row.Row)));
        });
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RazorsRow_StandsForAllThatWereDropped(int seed)
    {
        var prompt = Draw(seed, 0);
        bool[][] full = [.. Rows(Shape.Layers).Select(layer => Rows(Shape.KvHeads).Select(head => (layer + head) % 4 == 0).ToArray())];
        var kept = prompt.Run(new RazorPolicy("razor", full, new RazorOptions { LeastWindow = 10, Ratio = 8 }));
        var query = prompt.Keys[0, 0, 3];
        ForAllHeads((layer, head) =>
        {
            if (full[layer][head])
            {
                Assert.Null(kept[layer].Kept(head));
                return;
            }

            // By definition: every dropped key and value is replaced by their means, and all are attended to.
            var rows = kept[layer].Kept(head)!;
            int[] dropped = [.. Enumerable.Range(4, Length - 4 - (Length / 8))];
            Assert.Equal([0, 1, 2, 3, 4, .. Enumerable.Range(Length - (Length / 8), Length / 8)], rows);
            var mean = Assert.Single(kept[layer].Merged, row => row.Head == head);
            double Score(IEnumerable<double> key) => Math.Exp(key.Zip(query, (k, q) => k * q).Sum());
            double[] Mean(float[,,][] of) => [.. Rows(Shape.HeadDim).Select(d => dropped.Average(row => (double)of[layer, head, row][d]))];
            var (meanKey, meanValue) = (Mean(prompt.Keys), Mean(prompt.Values));
            double[] expected = Attend([.. Rows(Length).Select(row => dropped.Contains(row) ? (Score(meanKey), meanValue) : Row(row))]);
            double[] actual = Attend([.. rows.Select(row => row == mean.Row ? (Math.Exp(mean.Bias) * Score([.. mean.Key.Select(x => (double)x)]), [.. mean.Value.Select(x => (double)x)]) : Row(row))]);
            for (var d = 0; d < Shape.HeadDim; d++)
                Assert.Equal(expected[d], actual[d], 1e-5);

            (double Score, double[] Value) Row(int row) => (Score([.. prompt.Keys[layer, head, row].Select(x => (double)x)]), [.. prompt.Values[layer, head, row].Select(x => (double)x)]);
        });

        static double[] Attend((double Score, double[] Value)[] rows) => [.. Rows(Shape.HeadDim).Select(d => rows.Sum(row => row.Score * row.Value[d]) / rows.Sum(row => row.Score))];
    }

    [Fact]
    public void Mean_StaysExact_OverTenThousandRows()
    {
        var random = new Random(5);
        var mean = new RowMean(4);
        var rows = Enumerable.Range(0, 10_000).Select(_ => Rows(4).Select(_ => (1000 * random.NextSingle()) - 1).ToArray()).ToArray();
        foreach (var row in rows)
            mean.Add(row, row);
        Assert.Equal(10_000, mean.Weight);
        for (var d = 0; d < 4; d++)
            Assert.Equal(rows.Average(row => (double)row[d]), mean.Key()[d], 1e-4);
    }

    private static DrawnPrompt Draw(int seed, int window) => new(new Random(seed), Shape, Length, window);

    private static IEnumerable<int> Rows(int count) => Enumerable.Range(0, count);

    private static IEnumerable<int> Before(int window) => Rows(Length - window);

    private static IEnumerable<int> Group(int head) => Enumerable.Range(head * Shape.Group, Shape.Group);

    private static void ForAllHeads(Action<int, int> check)
    {
        for (var layer = 0; layer < Shape.Layers; layer++)
        {
            for (var head = 0; head < Shape.KvHeads; head++)
                check(layer, head);
        }
    }

    /// <summary>The best of so many scores, ties to the lower row, and the last rows; ascending.</summary>
    private static List<int> Best(double[] scores, int count, int last) =>
        [.. Rows(scores.Length).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(count).Order(), .. Enumerable.Range(Length - last, last)];

    private static double[] Pooled(double[] scores) => [.. Rows(scores.Length).Select(n => Enumerable.Range(n - 2, 5).Sum(i => i >= 0 && i < scores.Length ? scores[i] : 0) / 5)];

    private static double Indicator(DrawnPrompt prompt, int layer, int queryHead, int row)
    {
        double[] weights = [.. Rows(Window).Select(i => prompt.Weight(layer, i, queryHead, row))];
        return weights.Average() + (200 * Variance(weights));
    }

    private static double Preference(DrawnPrompt prompt, int layer) =>
        Rows(Shape.QueryHeads).Sum(q => Before(Window).Sum(n => Rows(Window).Sum(i => -prompt.Weight(layer, i, q, n) * Math.Log(prompt.Weight(layer, i, q, n) + 1e-10))))
        * Rows(Shape.QueryHeads).Sum(q => Before(Window).Sum(n => Variance([.. Rows(Window).Select(i => prompt.Weight(layer, i, q, n))])));

    private static double Variance(double[] values) => values.Sum(value => (value - values.Average()) * (value - values.Average())) / (values.Length - 1);

    private static double Cosine(float[] one, float[] other) =>
        one.Zip(other, (a, b) => (double)a * b).Sum() / Math.Sqrt(one.Sum(a => (double)a * a) * other.Sum(b => (double)b * b));

    private static void Close(DrawnPrompt prompt, int layer, int head, RowSelection.MergedRow merged, (int Row, double Weight)[] weights)
    {
        var sum = weights.Sum(row => row.Weight);
        for (var d = 0; d < Shape.HeadDim; d++)
        {
            Assert.Equal(weights.Sum(row => row.Weight / sum * prompt.Keys[layer, head, row.Row][d]), merged.Key[d], 1e-6);
            Assert.Equal(weights.Sum(row => row.Weight / sum * prompt.Values[layer, head, row.Row][d]), merged.Value[d], 1e-6);
        }
    }
}

namespace Kvasir.KvCache.Compression;

/// <summary>
/// KVMerger (Wang et al. 2024): runs of rows with nearly parallel keys become one row, by Gaussian weights around the most attended of them.
/// Exactly the budget is kept.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="options">Parameters.</param>
public sealed class KvMergerPolicy(string name, KvMergerOptions options) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, options);

    private sealed class State(CompressionShape shape, KvMergerOptions options) : Compressor
    {
        private readonly List<int>?[] _kept = new List<int>?[shape.Layers * shape.KvHeads];
        private readonly List<RowSelection.MergedRow>[] _merged = new List<RowSelection.MergedRow>[shape.Layers];

        public override bool NeedsColumnMass => true;

        public override void Observe(in LayerSignals signals)
        {
            _merged[signals.Layer] = [];
            if (signals.Length <= shape.Budget)
                return;
            var keys = new float[signals.Length][];
            var values = new float[signals.Length][];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                for (var row = 0; row < keys.Length; row++)
                    signals.Rows.Read(head, row, keys[row] = new float[shape.HeadDim], values[row] = new float[shape.HeadDim]);
                var mass = signals.ColumnMass.Slice(head * signals.Length, signals.Length);
                _kept[(signals.Layer * shape.KvHeads) + head] = Merge(head, keys, values, mass, _merged[signals.Layer]);
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var head = 0; head < shape.KvHeads; head++)
            {
                if (_kept[(layer * shape.KvHeads) + head] is { } rows)
                    selection.Keep(head).AddRange(rows);
            }

            foreach (var row in _merged[layer])
                selection.Replace(row.Head, row.Row, row.Key, row.Value, row.Bias);
        }

        private List<int> Merge(int head, float[][] keys, float[][] values, ReadOnlySpan<float> mass, List<RowSelection.MergedRow> merged)
        {
            var isProtected = new bool[keys.Length];
            var recent = Math.Max(1, (int)(shape.Budget * options.RecentShare));
            isProtected.AsSpan(keys.Length - recent).Fill(true);
            var heavy = new List<int>();
            TopRows.Add(mass[..(keys.Length - recent)], (int)(shape.Budget * options.HeavyShare), heavy);
            foreach (var row in heavy)
                isProtected[row] = true;
            var kept = new List<int>(shape.Budget);
            for (var row = 0; row < keys.Length; row++)
            {
                if (isProtected[row])
                    kept.Add(row);
            }

            foreach (var (start, end) in MergingSets.Exactly(Cosines(keys), isProtected, shape.Budget - kept.Count))
            {
                var pivot = start;
                for (var row = start + 1; options.PivotByAttention && row < end; row++)
                    pivot = mass[row] > mass[pivot] ? row : pivot;
                kept.Add(pivot);
                if (end - start > 1)
                    merged.Add(Weigh(head, keys, values, start, end, pivot));
            }

            // More stretches between protected rows than the budget has room for: those with the least attention go.
            while (kept.Count > shape.Budget)
            {
                var least = 0;
                for (var i = 1; i < kept.Count; i++)
                {
                    if (!isProtected[kept[i]] && (isProtected[kept[least]] || mass[kept[i]] < mass[kept[least]]))
                        least = i;
                }

                merged.RemoveAll(row => row.Head == head && row.Row == kept[least]);
                kept.RemoveAt(least);
            }

            kept.Sort();
            return kept;
        }

        private RowSelection.MergedRow Weigh(int head, float[][] keys, float[][] values, int start, int end, int pivot)
        {
            var distances = new double[end - start];
            for (var row = start; row < end; row++)
                distances[row - start] = Distance(keys[row], keys[pivot]);
            var sigma = options.Sigma switch
            {
                KvMergerOptions.Width.Constant => 5 * Math.Sqrt(shape.HeadDim / 128.0),
                KvMergerOptions.Width.MeanDistance => Math.Max(1e-6, distances.Sum() / Math.Max(1, distances.Length - 1)),
                _ => double.PositiveInfinity,
            };
            var mean = new RowMean(shape.HeadDim);
            for (var row = start; row < end; row++)
                mean.Add(keys[row], values[row], Math.Exp(-distances[row - start] * distances[row - start] / (2 * sigma * sigma)));
            return new RowSelection.MergedRow(head, pivot, mean.Key(), mean.Value(), options.KeepsMass ? MathF.Log(end - start) : 0);
        }

        private static float[] Cosines(float[][] keys)
        {
            var cosines = new float[Math.Max(0, keys.Length - 1)];
            for (var row = 0; row < cosines.Length; row++)
            {
                double dot = 0, first = 0, second = 0;
                for (var d = 0; d < keys[row].Length; d++)
                {
                    dot += (double)keys[row][d] * keys[row + 1][d];
                    first += (double)keys[row][d] * keys[row][d];
                    second += (double)keys[row + 1][d] * keys[row + 1][d];
                }

                cosines[row] = (float)(dot / Math.Sqrt(Math.Max(1e-30, first * second)));
            }

            return cosines;
        }

        private static double Distance(float[] a, float[] b)
        {
            double sum = 0;
            for (var d = 0; d < a.Length; d++)
                sum += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
            return Math.Sqrt(sum);
        }
    }
}

using System.Runtime.Intrinsics;

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

        public override bool NeedsColumnMass => options.WindowRows == 0;

        public override int WindowRows => options.WindowRows;

        public override void Observe(in LayerSignals signals)
        {
            _merged[signals.Layer] = [];
            if (signals.Length <= shape.Budget)
                return;
            var rows = new Rows(shape.HeadDim, signals.Length);
            var mass = new float[signals.Length];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                for (var row = 0; row < signals.Length; row++)
                    signals.Rows.Read(head, row, rows.Keys(row), rows.Values(row));
                if (NeedsColumnMass)
                    signals.ColumnMass.Slice(head * signals.Length, signals.Length).CopyTo(mass);
                else
                    WindowScores.OfHead(signals, shape, head, mass);
                _kept[(signals.Layer * shape.KvHeads) + head] = Merge(head, rows, mass, _merged[signals.Layer]);
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

        private List<int> Merge(int head, Rows rows, ReadOnlySpan<float> mass, List<RowSelection.MergedRow> merged)
        {
            var isProtected = new bool[mass.Length];
            var recent = Math.Max(1, (int)(shape.Budget * options.RecentShare));
            isProtected.AsSpan(mass.Length - recent).Fill(true);
            var heavy = new List<int>();
            TopRows.Add(mass[..(mass.Length - recent)], (int)(shape.Budget * options.HeavyShare), heavy);
            foreach (var row in heavy)
                isProtected[row] = true;
            var kept = new List<int>(shape.Budget);
            for (var row = 0; row < mass.Length; row++)
            {
                if (isProtected[row])
                    kept.Add(row);
            }

            foreach (var (start, end) in MergingSets.Exactly(rows.Cosines(), isProtected, shape.Budget - kept.Count))
            {
                var pivot = start;
                for (var row = start + 1; options.PivotByAttention && row < end; row++)
                    pivot = mass[row] > mass[pivot] ? row : pivot;
                kept.Add(pivot);
                if (end - start > 1)
                    merged.Add(Weigh(head, rows, start, end, pivot));
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

        private RowSelection.MergedRow Weigh(int head, Rows rows, int start, int end, int pivot)
        {
            var distances = new double[end - start];
            for (var row = start; row < end; row++)
                distances[row - start] = rows.Distance(row, pivot);
            var sigma = options.Sigma switch
            {
                KvMergerOptions.Width.Constant => 5 * Math.Sqrt(shape.HeadDim / 128.0),
                KvMergerOptions.Width.MeanDistance => Math.Max(1e-6, distances.Sum() / Math.Max(1, distances.Length - 1)),
                _ => double.PositiveInfinity,
            };
            var mean = new RowMean(shape.HeadDim);
            for (var row = start; row < end; row++)
                mean.Add(rows.Keys(row), rows.Values(row), Math.Exp(-distances[row - start] * distances[row - start] / (2 * sigma * sigma)));
            return new RowSelection.MergedRow(head, pivot, mean.Key(), mean.Value(), options.KeepsMass ? MathF.Log(end - start) : 0);
        }
    }

    /// <summary>A head's keys and values, behind one another. Products are summed in binary64, in four lanes on every machine.</summary>
    private sealed class Rows(int headDim, int count)
    {
        private readonly float[] _keys = GC.AllocateUninitializedArray<float>(count * headDim);
        private readonly float[] _values = GC.AllocateUninitializedArray<float>(count * headDim);

        public Span<float> Keys(int row) => _keys.AsSpan(row * headDim, headDim);

        public Span<float> Values(int row) => _values.AsSpan(row * headDim, headDim);

        /// <summary>Cosines of neighbouring keys <c>[count - 1]</c>.</summary>
        public float[] Cosines()
        {
            var cosines = new float[count - 1];
            var squares = Product(0, 0);
            for (var row = 0; row < cosines.Length; row++)
            {
                var next = Product(row + 1, row + 1);
                cosines[row] = (float)(Product(row, row + 1) / Math.Sqrt(Math.Max(1e-30, squares * next)));
                squares = next;
            }

            return cosines;
        }

        /// <summary>Distance of two keys.</summary>
        public double Distance(int one, int other)
        {
            var (a, b) = (one * headDim, other * headDim);
            var sum = Vector256<double>.Zero;
            var d = 0;
            for (; d <= headDim - Vector128<float>.Count; d += Vector128<float>.Count)
            {
                var difference = Wide(a + d) - Wide(b + d);
                sum += difference * difference;
            }

            var rest = 0.0;
            for (; d < headDim; d++)
                rest += ((double)_keys[a + d] - _keys[b + d]) * ((double)_keys[a + d] - _keys[b + d]);
            return Math.Sqrt(Add(sum) + rest);
        }

        private double Product(int one, int other)
        {
            var (a, b) = (one * headDim, other * headDim);
            var sum = Vector256<double>.Zero;
            var d = 0;
            for (; d <= headDim - Vector128<float>.Count; d += Vector128<float>.Count)
                sum += Wide(a + d) * Wide(b + d);
            var rest = 0.0;
            for (; d < headDim; d++)
                rest += (double)_keys[a + d] * _keys[b + d];
            return Add(sum) + rest;
        }

        private Vector256<double> Wide(int at)
        {
            var (low, high) = Vector128.Widen(Vector128.Create<float>(_keys.AsSpan(at)));
            return Vector256.Create(low, high);
        }

        private static double Add(Vector256<double> sum) => sum[0] + sum[1] + (sum[2] + sum[3]);
    }
}

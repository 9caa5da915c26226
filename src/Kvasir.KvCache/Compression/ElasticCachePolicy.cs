using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// Elastic Cache (Liu et al. 2024): rows of the prompt are merged into the nearest important ones, which all heads of a layer share; while
/// the answer grows the cache keeps its share of all tokens by dropping at one fixed place near the seam of prompt and answer.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="merges">False to drop instead of merging (ablation).</param>
public sealed class ElasticCachePolicy(string name = "elastic", bool merges = true) : ICompressionPolicy
{
    /// <summary>Rows before the seam that are safe, as published.</summary>
    private const int SeamRows = 25;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => false;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, merges);

    private sealed class State(CompressionShape shape, bool merges) : Compressor
    {
        private readonly float[][] _mass = new float[shape.Layers][];
        private readonly List<int>[] _anchors = new List<int>[shape.Layers];
        private readonly LaneOrder?[] _orders = new LaneOrder?[shape.Layers];
        private readonly List<RowSelection.MergedRow>[] _merged = new List<RowSelection.MergedRow>[shape.Layers];
        private int _length;

        public override bool NeedsColumnMass => true;

        public override bool DropsInAnswer => true;

        private double Share => (double)shape.Budget / _length;

        public override void Observe(in LayerSignals signals)
        {
            _length = signals.Length;
            var mass = _mass[signals.Layer] = new float[_length];
            for (var head = 0; head < shape.KvHeads; head++)
                WindowScores.Add(signals.ColumnMass.Slice(head * _length, _length), mass);
            _merged[signals.Layer] = [];
            if (_length <= shape.Budget)
                return;

            // The first row and the last one of the prompt always stay.
            var anchors = _anchors[signals.Layer] = [];
            mass[0] = float.PositiveInfinity;
            mass[^1] = float.PositiveInfinity;
            TopRows.Add(mass, shape.Budget, anchors);
            if (merges)
                Merge(signals, anchors, _merged[signals.Layer]);
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            if (_anchors[layer] is not { } anchors)
                return;
            selection.Keep(0).AddRange(anchors);
            foreach (var row in _merged[layer])
                selection.Replace(row.Head, row.Row, row.Key, row.Value, row.Bias);
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            var rows = signals.LaneRows[0];
            var order = _orders[signals.Layer] ??= new LaneOrder();
            order.Grow(rows);
            var over = (int)(rows - (Share * (signals.Position + 1)));
            if (over < 1 || Share >= 1)
                return;
            var place = Math.Clamp(Math.Min(shape.Budget, _length) - SeamRows, 1, rows - 1);
            var dropped = drops.Dropped(0);
            for (var i = 0; i < Math.Min(over, rows - place); i++)
                dropped.Add(order.Rows[place + i]);
            dropped.Sort();
            order.Drop(CollectionsMarshal.AsSpan(dropped));
        }

        /// <summary>Every row belongs to the nearest anchor, the lower one at equal distance; the protected first and last stay unmerged.</summary>
        private void Merge(in LayerSignals signals, List<int> anchors, List<RowSelection.MergedRow> merged)
        {
            var key = new float[shape.HeadDim];
            var value = new float[shape.HeadDim];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var start = 1;
                for (var i = 1; i < anchors.Count - 1; i++)
                {
                    var end = i == anchors.Count - 2 ? _length - 1 : ((anchors[i] + anchors[i + 1]) / 2) + 1;
                    if (end - start > 1)
                    {
                        var mean = new RowMean(shape.HeadDim);
                        for (var row = start; row < end; row++)
                        {
                            signals.Rows.Read(head, row, key, value);
                            mean.Add(key, value);
                        }

                        merged.Add(new RowSelection.MergedRow(head, anchors[i], mean.Key(), mean.Value(), 0));
                    }

                    start = end;
                }
            }
        }
    }
}

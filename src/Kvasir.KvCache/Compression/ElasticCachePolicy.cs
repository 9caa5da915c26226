using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// Elastic Cache (Liu et al. 2024): rows of the prompt are merged into the nearest important ones, which all heads of a layer share; while
/// the answer grows the cache keeps its share of all tokens by dropping at one fixed place near the seam of prompt and answer.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="options">Parameters.</param>
public sealed class ElasticCachePolicy(string name, ElasticOptions options) : ICompressionPolicy
{
    /// <summary>Rows before the seam that are safe, as published.</summary>
    private const int SeamRows = 25;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => options.Anchors == ElasticOptions.Sharing.Head;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, options);

    private sealed class State : Compressor
    {
        private readonly CompressionShape _shape;
        private readonly ElasticOptions _options;
        private readonly int _lanes;
        private readonly List<int>?[] _anchors;
        private readonly LaneOrder?[] _orders;
        private readonly RowBook<float>?[] _seen;
        private float[] _mass = [];
        private int _length;

        public State(CompressionShape shape, ElasticOptions options)
        {
            (_shape, _options) = (shape, options);
            _lanes = options.Anchors == ElasticOptions.Sharing.Head ? shape.KvHeads : 1;
            _anchors = new List<int>?[shape.Layers * _lanes];
            _orders = new LaneOrder?[_anchors.Length];
            _seen = new RowBook<float>?[NeedsAnswerWeights ? _anchors.Length : 0];
        }

        public override bool NeedsColumnMass => true;

        public override bool NeedsAnswerWeights => _options.Eliminates == ElasticOptions.Elimination.LeastSeen;

        public override bool DropsInAnswer => true;

        public override bool SharesOverLayers => SharesAnchors;

        public override int LagRows => SharesAnchors ? 1 << 29 : 0; // all rows stay until the last layer is known

        private bool SharesAnchors => _options.Anchors == ElasticOptions.Sharing.Model;

        private double Share => (double)_shape.Budget / _length;

        public override void Observe(in LayerSignals signals)
        {
            _length = signals.Length;
            for (var lane = 0; lane < _lanes; lane++)
            {
                if (!SharesAnchors || signals.Layer == 0)
                    _mass = new float[_length];
                foreach (var head in Heads(lane))
                    WindowScores.Add(signals.ColumnMass.Slice(head * _length, _length), _mass);
                if (NeedsAnswerWeights)
                {
                    var seen = _seen[(signals.Layer * _lanes) + lane] = new RowBook<float>();
                    foreach (var sum in _mass)
                        seen.Add(sum);
                }

                if (_length <= _shape.Budget || (SharesAnchors && signals.Layer < _shape.Layers - 1))
                    continue;

                // The first row and the last one of the prompt always stay.
                var anchors = _anchors[(signals.Layer * _lanes) + lane] = [];
                _mass[0] = float.PositiveInfinity;
                _mass[^1] = float.PositiveInfinity;
                TopRows.Add(_mass, _shape.Budget, anchors);
                if (SharesAnchors)
                    Array.Fill(_anchors, anchors);
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var lane = 0; lane < _lanes; lane++)
            {
                if (_anchors[(layer * _lanes) + lane] is not { } anchors)
                    return;
                selection.Keep(lane).AddRange(anchors);
                if (NeedsAnswerWeights)
                    _seen[(layer * _lanes) + lane]!.Keep(anchors);
                foreach (var head in Heads(lane).Where(_ => _options.Merges))
                    Merge(selection, head, anchors);
            }
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            for (var lane = 0; lane < _lanes; lane++)
            {
                var rows = signals.LaneRows[lane];
                var order = _orders[(signals.Layer * _lanes) + lane] ??= new LaneOrder();
                order.Grow(rows);
                var seen = NeedsAnswerWeights ? _seen[(signals.Layer * _lanes) + lane] : null;
                if (seen is not null)
                    See(signals, lane, rows, seen);
                var over = (int)(rows - (Share * (signals.Position + 1)));
                if (over < 1 || Share >= 1)
                    continue;
                var dropped = drops.Dropped(lane);
                var place = _options.Eliminates == ElasticOptions.Elimination.FixedPlace ? Math.Clamp(Math.Min(_shape.Budget, _length) - SeamRows, 1, rows - 1) : 1;
                for (var i = 0; seen is null && i < Math.Min(over, rows - place); i++)
                    dropped.Add(order.Rows[place + i]);
                while (seen is not null && dropped.Count < Math.Min(over, rows - 2))
                    dropped.Add(LeastSeen(order.Rows[1..^1], seen.Entries, dropped));
                dropped.Sort();
                order.Drop(CollectionsMarshal.AsSpan(dropped));
                seen?.Drop(CollectionsMarshal.AsSpan(dropped));
            }
        }

        private IEnumerable<int> Heads(int lane) => Enumerable.Range(lane, _lanes == 1 ? _shape.KvHeads : 1);

        private void See(in AnswerSignals signals, int lane, int rows, RowBook<float> seen)
        {
            while (seen.Count < rows)
                seen.Add(0);
            var group = _shape.QueryHeads / _lanes;
            for (var q = lane * group; q < (lane + 1) * group; q++)
                WindowScores.Add(signals.WeightsOf(q, rows), seen.Entries);
        }

        private static int LeastSeen(ReadOnlySpan<int> rows, ReadOnlySpan<float> seen, List<int> dropped)
        {
            var least = -1;
            foreach (var row in rows)
            {
                if ((least < 0 || seen[row] < seen[least]) && !dropped.Contains(row))
                    least = row;
            }

            return least;
        }

        /// <summary>Every row belongs to the nearest anchor, the lower one at equal distance; the protected first and last stay unmerged.</summary>
        private void Merge(RowSelection selection, int head, List<int> anchors)
        {
            var key = new float[_shape.HeadDim];
            var value = new float[_shape.HeadDim];
            var start = 1;
            for (var i = 1; i < anchors.Count - 1; i++)
            {
                var end = i == anchors.Count - 2 ? _length - 1 : ((anchors[i] + anchors[i + 1]) / 2) + 1;
                if (end - start > 1)
                {
                    var mean = new RowMean(_shape.HeadDim);
                    for (var row = start; row < end; row++)
                    {
                        selection.Rows!.Read(head, row, key, value);
                        mean.Add(key, value);
                    }

                    selection.Replace(head, anchors[i], mean.Key(), mean.Value());
                }

                start = end;
            }
        }
    }
}

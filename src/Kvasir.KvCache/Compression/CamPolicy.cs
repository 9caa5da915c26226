using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// CaM (Zhang et al. 2024): H2O whose evicted rows leave a part of their value behind, in the rows that follow, with a probability that grows
/// with the attention that they had. Keys are dropped.
/// </summary>
public sealed class CamPolicy : ICompressionPolicy
{
    /// <summary>m: rows that take over a value, the next that are kept.</summary>
    private const int Heirs = 32;

    private readonly H2OPolicy _eviction = new();

    /// <inheritdoc/>
    public string Name => "cam";

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, _eviction.Start(shape));

    private sealed class State(CompressionShape shape, Compressor eviction) : Compressor
    {
        private readonly float[][] _mass = new float[shape.Layers][];
        private readonly float[]?[] _values = new float[]?[shape.Layers * shape.KvHeads];
        private readonly LaneOrder?[] _orders = new LaneOrder?[shape.Layers * shape.KvHeads];
        private readonly float[]?[] _keys = new float[]?[shape.Layers * shape.KvHeads];
        private int _length;

        public override bool NeedsColumnMass => true;

        public override bool NeedsAnswerWeights => true;

        public override bool DropsInAnswer => true;

        public override void Observe(in LayerSignals signals)
        {
            eviction.Observe(signals);
            _length = signals.Length;
            if (_length <= shape.Budget)
                return;
            _mass[signals.Layer] = signals.ColumnMass.ToArray();
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var lane = (signals.Layer * shape.KvHeads) + head;
                var (keys, values) = (_keys[lane] = new float[_length * shape.HeadDim], _values[lane] = new float[_length * shape.HeadDim]);
                for (var row = 0; row < _length; row++)
                    signals.Rows.Read(head, row, keys.AsSpan(row * shape.HeadDim, shape.HeadDim), values.AsSpan(row * shape.HeadDim, shape.HeadDim));
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            eviction.Select(layer, observed, selection);
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var lane = (layer * shape.KvHeads) + head;
                if (selection.Kept(head) is { } kept && _values[lane] is { } values)
                    Bequeath(layer, head, kept, _keys[lane]!, values, selection);
                _keys[lane] = _values[lane] = null;
            }
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            eviction.Answer(signals, drops);
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var order = _orders[(signals.Layer * shape.KvHeads) + head] ??= new LaneOrder();
                order.Grow(signals.LaneRows[head]);
                if (drops.Dropped(head).Count == 0)
                    continue;
                Bequeath(signals, head, order.Rows, drops);
                order.Drop(CollectionsMarshal.AsSpan(drops.Dropped(head)));
            }
        }

        /// <summary>Rows that are evicted while the answer grows: a layer's kept rows, oldest first, say which follow them.</summary>
        private void Bequeath(in AnswerSignals signals, int head, ReadOnlySpan<int> order, RowDrops drops)
        {
            var dropped = drops.Dropped(head);
            var richer = new SortedDictionary<int, (float[] Key, float[] Value)>();
            float[] key = new float[shape.HeadDim], given = new float[shape.HeadDim];
            foreach (var row in dropped)
            {
                var heirs = new List<int>(Heirs);
                for (var i = order.IndexOf(row) + 1; i < order.Length && heirs.Count < Heirs; i++)
                {
                    if (!dropped.Contains(order[i]))
                        heirs.Add(order[i]);
                }

                double own = 0, others = 0;
                for (var q = head * shape.Group; q < (head + 1) * shape.Group; q++)
                {
                    var weights = signals.WeightsOf(q, signals.LaneRows[head]);
                    own += weights[row];
                    foreach (var heir in heirs)
                        others += weights[heir] / (double)heirs.Count;
                }

                if (heirs.Count == 0 || !Draws(signals.Layer, head, signals.Position, own / Math.Max(1e-30, others)))
                    continue;
                signals.Rows.Read(head, row, key, given);
                foreach (var heir in heirs)
                {
                    if (!richer.TryGetValue(heir, out var content))
                    {
                        richer[heir] = content = (new float[shape.HeadDim], new float[shape.HeadDim]);
                        signals.Rows.Read(head, heir, content.Key, content.Value);
                    }

                    for (var d = 0; d < given.Length; d++)
                        content.Value[d] += given[d] / heirs.Count;
                }
            }

            foreach (var (heir, content) in richer)
                drops.Replace(head, heir, content.Key, content.Value);
        }

        /// <summary>Rows that are evicted with the prompt.</summary>
        private void Bequeath(int layer, int head, List<int> kept, float[] keys, float[] values, RowSelection selection)
        {
            var mass = _mass[layer].AsSpan(head * _length, _length);
            var richer = new HashSet<int>();
            var keptRows = CollectionsMarshal.AsSpan(kept);
            var next = 0;
            for (var row = 0; row < _length; row++)
            {
                if (next < keptRows.Length && keptRows[next] == row)
                {
                    next++;
                    continue;
                }

                var heirs = keptRows[next..Math.Min(keptRows.Length, next + Heirs)];
                double others = 0;
                foreach (var heir in heirs)
                    others += mass[heir] / heirs.Length;
                if (heirs.Length == 0 || !Draws(layer, head, row, mass[row] / Math.Max(1e-30, others)))
                    continue;
                foreach (var heir in heirs)
                {
                    richer.Add(heir);
                    for (var d = 0; d < shape.HeadDim; d++)
                        values[(heir * shape.HeadDim) + d] += values[(row * shape.HeadDim) + d] / heirs.Length;
                }
            }

            foreach (var heir in richer.Order())
                selection.Replace(head, heir, keys.AsSpan(heir * shape.HeadDim, shape.HeadDim).ToArray(), values.AsSpan(heir * shape.HeadDim, shape.HeadDim).ToArray());
        }

        /// <summary>One draw for a row: a function of where it is, so that a run can be repeated.</summary>
        private static bool Draws(int layer, int head, int row, double probability)
        {
            var state = ((ulong)layer << 48) ^ ((ulong)head << 40) ^ (ulong)(uint)row ^ 0x9E3779B97F4A7C15;
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
            return ((state ^ (state >> 31)) >> 11) * (1.0 / (1UL << 53)) < Math.Clamp(probability, 0, 1);
        }
    }
}

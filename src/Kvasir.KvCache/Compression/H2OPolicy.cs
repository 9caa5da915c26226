using System.Numerics;
using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// H2O (Zhang et al. 2023): the rows with the most accumulated attention and the most recent ones, half of the budget each. Accumulation
/// begins with the prompt and goes on with every token.
/// </summary>
public sealed class H2OPolicy : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => "h2o";

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape);

    private sealed class State : Compressor
    {
        private readonly CompressionShape _shape;
        private readonly RowBook<float>[] _mass;
        private readonly RowBook<int>[] _positions;

        public State(CompressionShape shape)
        {
            _shape = shape;
            _mass = [.. Enumerable.Range(0, shape.Layers * shape.KvHeads).Select(_ => new RowBook<float>())];
            _positions = [.. _mass.Select(_ => new RowBook<int>())];
        }

        public override bool NeedsColumnMass => true;

        public override bool NeedsAnswerWeights => true;

        public override bool DropsInAnswer => true;

        private int Recent => _shape.Budget / 2;

        public override void Observe(in LayerSignals signals)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                var mass = signals.ColumnMass.Slice(head * signals.Length, signals.Length);
                for (var row = 0; row < mass.Length; row++)
                    Add(Lane(signals.Layer, head), mass[row], row);
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                var lane = Lane(layer, head);
                var length = _mass[lane].Count;
                if (length <= _shape.Budget)
                    continue;
                var rows = selection.Keep(head);
                TopRows.Add(_mass[lane].Entries[..(length - Recent)], _shape.Budget - Recent, rows);
                for (var row = length - Recent; row < length; row++)
                    rows.Add(row);
                _mass[lane].Keep(rows);
                _positions[lane].Keep(rows);
            }
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                var lane = Lane(signals.Layer, head);
                var rows = signals.LaneRows[head];
                for (var added = rows - _mass[lane].Count; added > 0; added--)
                    Add(lane, 0, signals.Position + 1 - added);
                for (var q = head * _shape.Group; q < (head + 1) * _shape.Group; q++)
                    WindowScores.Add(signals.WeightsOf(q, rows), _mass[lane].Entries);
                var dropped = drops.Dropped(head);
                while (rows - dropped.Count > _shape.Budget && Lightest(_mass[lane].Entries, _positions[lane].Entries, signals.Position - Recent) is var row and >= 0)
                {
                    _positions[lane].Entries[row] = int.MaxValue; // no longer among the old ones
                    dropped.Insert(~dropped.BinarySearch(row), row);
                }

                _mass[lane].Drop(CollectionsMarshal.AsSpan(dropped));
                _positions[lane].Drop(CollectionsMarshal.AsSpan(dropped));
            }
        }

        private int Lane(int layer, int head) => (layer * _shape.KvHeads) + head;

        private void Add(int lane, float mass, int position)
        {
            _mass[lane].Add(mass);
            _positions[lane].Add(position);
        }

        /// <summary>The first row with the least mass among those at positions up to <paramref name="lastOld"/>; -1 when there is none.</summary>
        private static int Lightest(ReadOnlySpan<float> mass, ReadOnlySpan<int> positions, int lastOld)
        {
            var least = new Vector<float>(float.PositiveInfinity);
            var old = new Vector<int>(lastOld);
            var row = 0;
            for (; row <= mass.Length - Vector<float>.Count; row += Vector<float>.Count)
            {
                var isOld = Vector.LessThanOrEqual(new Vector<int>(positions[row..]), old);
                least = Vector.Min(least, Vector.ConditionalSelect(isOld, new Vector<float>(mass[row..]), least));
            }

            var value = float.PositiveInfinity;
            for (var i = 0; i < Vector<float>.Count; i++)
                value = MathF.Min(value, least[i]);
            for (; row < mass.Length; row++)
                value = positions[row] <= lastOld ? MathF.Min(value, mass[row]) : value;
            var found = new Vector<float>(value);
            for (row = 0; row <= mass.Length - Vector<float>.Count && !Vector.EqualsAny(new Vector<float>(mass[row..]), found);)
                row += Vector<float>.Count;
            for (; row < mass.Length; row++)
            {
                if (mass[row] == value && positions[row] <= lastOld)
                    return row;
            }

            return -1;
        }
    }
}

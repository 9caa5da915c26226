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

    private record struct Entry(float Mass, int Position);

    private sealed class State : Compressor
    {
        private readonly CompressionShape _shape;
        private readonly RowBook<Entry>[] _books;

        public State(CompressionShape shape)
        {
            _shape = shape;
            _books = new RowBook<Entry>[shape.Layers * shape.KvHeads];
            for (var i = 0; i < _books.Length; i++)
                _books[i] = new RowBook<Entry>();
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
                    Book(signals.Layer, head).Add(new Entry(mass[row], row));
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                var book = Book(layer, head);
                var length = book.Count;
                if (length <= _shape.Budget)
                    continue;
                var heavy = new float[length - Recent];
                for (var row = 0; row < heavy.Length; row++)
                    heavy[row] = book.Entries[row].Mass;
                var rows = selection.Keep(head);
                TopRows.Add(heavy, _shape.Budget - Recent, rows);
                for (var row = heavy.Length; row < length; row++)
                    rows.Add(row);
                book.Keep(rows);
            }
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                var book = Book(signals.Layer, head);
                var rows = signals.LaneRows[head];
                for (var added = rows - book.Count; added > 0; added--)
                    book.Add(new Entry(0, signals.Position + 1 - added));
                for (var q = head * _shape.Group; q < (head + 1) * _shape.Group; q++)
                {
                    var weights = signals.WeightsOf(q, rows);
                    for (var row = 0; row < rows; row++)
                        book.Entries[row].Mass += weights[row];
                }

                var dropped = drops.Dropped(head);
                while (rows - dropped.Count > _shape.Budget && Lightest(book.Entries, signals.Position - Recent, dropped) is var row and >= 0)
                    Insert(dropped, row);
                book.Drop(CollectionsMarshal.AsSpan(dropped));
            }
        }

        private RowBook<Entry> Book(int layer, int head) => _books[(layer * _shape.KvHeads) + head];

        private static int Lightest(ReadOnlySpan<Entry> entries, int lastOld, List<int> dropped)
        {
            var best = -1;
            for (var row = 0; row < entries.Length; row++)
            {
                if (entries[row].Position <= lastOld && (best < 0 || entries[row].Mass < entries[best].Mass) && !dropped.Contains(row))
                    best = row;
            }

            return best;
        }

        private static void Insert(List<int> rows, int row)
        {
            var index = rows.BinarySearch(row);
            rows.Insert(~index, row);
        }
    }
}

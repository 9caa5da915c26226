using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Reading;

/// <summary>
/// MInference's vertical-slash pattern (Jiang et al. 2024, section 3): the last queries of a stretch of the prompt show which columns and which
/// diagonals a head looks at; all queries of the stretch then read these only. The answer reads everything.
/// </summary>
/// <remarks>
/// Two things are not as published: a prompt is estimated chunk by chunk, by the last 64 queries of each, so that it can be computed in steps;
/// and a diagonal is a band of 64 rows that a block of 64 queries reads, as in the published kernel, but all query heads of a KV head share one
/// choice. Half of the budget goes to columns, half to bands. The first 30 columns and the last 100 diagonals are
/// always read, as in the published code, or fewer where the budget is small.
/// </remarks>
/// <param name="chunkRows">Rows of a chunk, 64 or more.</param>
public sealed class VerticalSlashPolicy(int chunkRows = 256) : IReadingPolicy
{
    private const int SureColumns = 30;
    private const int SureDiagonals = 100;

    /// <inheritdoc/>
    public string Name => "minference";

    /// <inheritdoc/>
    public bool ShapesPrompt => true;

    /// <inheritdoc/>
    public int ChunkRows => chunkRows;

    /// <inheritdoc/>
    public int LookRows => 64;

    /// <inheritdoc/>
    public RowReader Start(ReadingShape shape) => new Reader(shape, ChunkRows);

    private sealed class Reader : RowReader
    {
        private readonly ReadingShape _shape;
        private readonly int _chunkRows;
        private readonly List<int>[] _columns;
        private readonly RowRanges[] _bands;
        private readonly List<int> _order = [];
        private ulong[] _heaviest = [];
        private bool[] _covered = [];
        private bool _dense;

        public Reader(ReadingShape shape, int chunkRows)
        {
            _shape = shape;
            _chunkRows = chunkRows;
            _columns = [.. Enumerable.Range(0, shape.KvHeads).Select(_ => new List<int>())];
            _bands = [.. Enumerable.Range(0, shape.KvHeads).Select(_ => new RowRanges())];
        }

        public override int SparseEnd => _shape.Point;

        // The choice for the last chunk depends on where it ends.
        public override int SharedLength => _shape.Point / _chunkRows * _chunkRows;

        public override void Look(in ReadingLook look)
        {
            _dense = look.Length <= _shape.Budget;
            if (_dense)
                return;
            if (_covered.Length < look.Length + BlockRows)
            {
                _covered = new bool[2 * (look.Length + BlockRows)];
                _heaviest = new ulong[Math.Min(_covered.Length, _shape.Budget)];
            }

            for (var head = 0; head < _shape.KvHeads; head++)
            {
                ChooseColumns(look.Columns.Slice(head * look.Length, look.Length), _columns[head]);
                var diagonals = look.Diagonals.Slice(head * look.Length, look.Length);
                diagonals.Reverse();
                ChooseBands(diagonals, _bands[head]);
            }
        }

        public override bool Select(in ReadingBlock block, RowRanges ranges)
        {
            if (_dense)
                return false;
            foreach (var column in _columns[block.Head])
                ranges.Add(column, column + 1);

            // A band covers places at these distances before the block's last row.
            var bands = _bands[block.Head];
            for (var i = 0; i < bands.Count; i++)
                ranges.Add(block.Start + BlockRows - bands[i].End, block.Start + BlockRows - bands[i].Start);
            return true;
        }

        private void ChooseColumns(Span<float> mass, List<int> columns)
        {
            mass[..Math.Min(SureColumns, _shape.Budget / 8)].Fill(float.PositiveInfinity);
            columns.Clear();
            TopRows.Add(mass, _shape.Budget / 2, columns);
        }

        /// <summary>The heaviest diagonals first, until the bands that a block reads for them have half the budget.</summary>
        private void ChooseBands(Span<float> mass, RowRanges bands)
        {
            mass[..Math.Clamp((_shape.Budget / 4) - BlockRows, 0, SureDiagonals)].Fill(float.PositiveInfinity);
            _order.Clear();
            TopRows.Add(mass, Math.Min(mass.Length, _shape.Budget), _order);
            for (var i = 0; i < _order.Count; i++)
                _heaviest[i] = ((ulong)(uint.MaxValue - BitConverter.SingleToUInt32Bits(mass[_order[i]])) << 32) | (uint)_order[i];
            _heaviest.AsSpan(0, _order.Count).Sort();
            _covered.AsSpan().Clear();
            bands.Clear();
            var rows = 0;
            foreach (var heaviest in _heaviest.AsSpan(0, _order.Count))
            {
                if (rows >= _shape.Budget / 2)
                    break;
                var distance = (int)(uint)heaviest;
                for (var place = distance; place < distance + BlockRows; place++)
                {
                    rows += _covered[place] ? 0 : 1;
                    _covered[place] = true;
                }

                bands.Add(distance, distance + BlockRows);
            }

            bands.Settle(int.MaxValue);
        }
    }
}

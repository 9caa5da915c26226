using System.Diagnostics;
using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Running;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Compression;

/// <summary>
/// The compression of one running sequence: asks for what its policy wants to see, has it select at the compress point, and carries out what
/// it drops later. Until the compress point the rows are ordinary ones that others may share; then the kept ones are copied to a table of
/// the sequence's own, and nothing that others see has changed.
/// </summary>
internal sealed class CompressionSession : ILayerPolicy
{
    /// <summary>Budgets of fewer pieces a layer are shared row by row: whole pieces would be too coarse.</summary>
    private const int FewPieces = 8;

    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly CompressionShape _shape;
    private readonly Compressor _compressor;
    private readonly TableRows _rows;
    private readonly RowSelection _selection;
    private readonly RowDrops _drops;
    private readonly MassQuery _weights = new();
    private readonly MassQuery?[] _columnMass;
    private readonly KeptMass _keptMass;
    private readonly int[] _laneRows;
    private readonly int _promptLength;
    private readonly PackedRowStore? _packed;
    private IKvTable? _table;
    private bool _cascades;
    private TimeSpan _time;
    private TimeSpan _choiceTime;
    private TimeSpan _promptWeights;

    public CompressionSession(LoadedModel model, BlockPool pool, KvCompression request, int promptLength)
    {
        _model = model;
        _pool = pool;
        _promptLength = promptLength;
        Point = request.Point ?? promptLength;
        var config = model.Config;
        Policy = request.Policy;
        var budget = request.BudgetOf(Point);
        _shape = new CompressionShape(config.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, budget)
        {
            PieceRows = Policy.Packing is null && budget >= FewPieces * model.Layout.BlockRows ? model.Layout.BlockRows : 1,
        };
        _compressor = request.Policy.Start(_shape);
        _rows = new TableRows(model.Layout);
        Lanes = Policy.PerHead ? _shape.KvHeads : 1;
        _packed = Policy.Packing is { } packing ? new PackedRowStore(model, packing, request.Share, Lanes) : null;
        _selection = new RowSelection(Lanes);
        _drops = new RowDrops(Lanes);
        _laneRows = new int[Lanes];
        _columnMass = new MassQuery?[_compressor.NeedsColumnMass ? _shape.Layers : 0];
        _keptMass = new KeptMass(_shape);
        Window = Math.Min(_compressor.WindowRows, Point);
    }

    public ICompressionPolicy Policy { get; }

    public string Name => Policy.Name;

    public bool AllowsPrefixReuse => !_compressor.NeedsColumnMass;

    /// <summary>Rows before the compress point.</summary>
    public int Point { get; }

    /// <summary>Rows at its end that are computed together.</summary>
    public int Window { get; }

    /// <summary>Lanes of the table that the kept rows go to.</summary>
    public int Lanes { get; }

    public bool IsCompressed { get; private set; }

    /// <summary>What was done; null before the compress point.</summary>
    public CompressionStatistics? Statistics { get; private set; }

    /// <summary>Scores that fall with the distance need all rows' positions.</summary>
    private bool SeesAllRows => !_model.Config.Alibi;

    /// <summary>Rows of all lanes together that the policy keeps at the compress point.</summary>
    private long KeptRows => (long)Math.Min(Point, _shape.Budget + _compressor.LagRows) * _shape.Layers * Lanes;

    /// <summary>Tokens whose rows may come from the prefix cache.</summary>
    public int Reusable(int known) => _cascades || !AllowsPrefixReuse ? 0 : Math.Min(known, Point - Math.Max(1, Window));

    /// <summary>Pieces that they lie in at most; every lane may have one that is not full.</summary>
    private long KeptPieces => (KeptRows / _model.Layout.BlockRows) + (_compressor.FillsPieces && Point > _shape.Budget ? 0 : _shape.Layers * Lanes);

    /// <summary>Blocks that the kept rows need at most.</summary>
    public int BlocksForKept()
    {
        if (_packed is not null)
            return _packed.MostBlocks(KeptRows, Point);
        return (int)((KeptPieces + (_shape.Layers * Lanes) - 1) / (_shape.Layers * Lanes));
    }

    /// <summary>Rows that the step at a position must have at least; 0 for any number.</summary>
    public int RowsTogether(int position) =>
        IsCompressed ? 0 : _cascades ? Point - position : position == Point - Window ? Window : 0;

    /// <summary>Begins with an empty table that is compressed while the prompt is computed.</summary>
    public RaggedTable BeginCascade()
    {
        _cascades = true;
        var table = new RaggedTable(_pool, Policy.PerHead) { CascadePieces = KeptPieces, DropsInSteps = true, SeesAllRows = SeesAllRows };
        _table = table;
        return table;
    }

    /// <summary>Begins with an ordinary table.</summary>
    public void Begin(UniformTable table) => _table = table;

    public int NextSelectionPoint(int length)
    {
        if (length < Point)
            return _cascades || length >= Point - Window ? Point : Point - Window;
        if (length < _promptLength)
            return _promptLength;
        return _packed?.NextPacking((RaggedTable)_table!, length) ?? (_compressor.DropsInAnswer ? length + 1 : int.MaxValue);
    }

    public void AskMass(int layer, ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
        if (IsCompressed)
        {
            if (!(_compressor.NeedsAnswerWeights || _compressor.LookThreshold > 0) || positions[^1] < _promptLength)
                return;
            _weights.FirstRow = positions.Length - 1;
            _weights.Heads = [];
            if (_compressor.NeedsAnswerWeights)
                _weights.ReserveWeights(1, _shape.QueryHeads, _table!.Rows(layer));
            else
                _weights.ReserveLooks(1, _shape.KvHeads, _table!.Rows(layer), _compressor.LookThreshold);
            queries.Add(_weights);
            return;
        }

        if (_compressor.NeedsColumnMass)
        {
            var mass = _columnMass[layer] ??= new MassQuery();
            if (mass.ColumnCount == 0)
                mass.ReserveHeadColumns(_shape.KvHeads, Point);
            (mass.FirstRow, mass.RowCount) = (0, positions.Length);
            queries.Add(mass);
        }

        if (Window > 0 && IsPoint(positions))
        {
            _weights.FirstRow = positions.Length - Window;
            _weights.Heads = _compressor.WindowHeads(layer);
            _weights.ReserveWeights(Window, WindowHeads, Point);
            queries.Add(_weights);
        }
    }

    public void AfterKeysValues(in LayerContext context, LayerDecision decision)
    {
    }

    public void AfterAttention(in LayerContext context, LayerDecision decision)
    {
        var started = Stopwatch.GetTimestamp();
        Act(context);
        _time += Stopwatch.GetElapsedTime(started);
    }

    /// <summary>
    /// Ends a step: behind the compress point the kept rows move to a table of their own. Returns it when the sequence goes on with another
    /// table than before, which is then spent; null otherwise.
    /// </summary>
    /// <param name="computed">Rows computed so far.</param>
    /// <param name="reservation">Holds <see cref="BlocksForKept"/> blocks when the compress point is reached.</param>
    public RaggedTable? EndStep(int computed, BlockReservation reservation)
    {
        RaggedTable? compressed = null;
        if (_table is RaggedTable ragged && computed >= Point)
            ragged.EndStep();
        if (!IsCompressed && computed >= Point)
        {
            IsCompressed = true;
            var started = Stopwatch.GetTimestamp();
            var peak = _table!.BlockCount;
            if (_table is RaggedTable cascade)
            {
                peak = cascade.PeakBlocks;
            }
            else
            {
                compressed = Copy((UniformTable)_table, reservation);
                peak += compressed.PeakBlocks;
                _table.Dispose();
                _table = compressed;
            }

            _time += Stopwatch.GetElapsedTime(started);
            _promptWeights = _weights.Time;
            Statistics = Describe((RaggedTable)_table, peak);
            Array.Clear(_columnMass);
            (_time, _choiceTime) = (TimeSpan.Zero, TimeSpan.Zero);
        }

        if (IsCompressed)
        {
            if (_compressor.ShiftedRows > 0)
                Shift((RaggedTable)_table!);
            Statistics!.AnswerTime = new ChoiceTime(_weights.Time - _promptWeights, _choiceTime, _time - _choiceTime);
        }

        return compressed;
    }

    /// <summary>Query heads whose window weights are looked at.</summary>
    private int WindowHeads => _weights.Heads.Length == 0 ? _shape.QueryHeads : _weights.Heads.Length;

    private void Act(in LayerContext context)
    {
        var layer = context.Layer;
        if (IsCompressed)
        {
            // A prompt that goes on behind the compress point is computed densely, however it is cut into steps.
            if (_packed is not null && context.Positions[^1] + 1 >= _promptLength)
                Pack((RaggedTable)_table!, layer);
            else if (context.Positions[^1] >= _promptLength)
                Drop(layer, context.Positions[^1]);
            return;
        }

        if (!IsPoint(context.Positions))
            return;
        if (_compressor.NeedsColumnMass)
            _columnMass[layer]!.EndHeadColumns();
        var window = Window > 0 ? _weights.Weights.AsSpan(0, Window * WindowHeads * Point) : default;
        var signals = new LayerSignals
        {
            Layer = layer,
            Length = Point,
            Window = window,
            WindowRows = Window,
            WindowHeads = _weights.Heads,
            ColumnMass = _compressor.NeedsColumnMass ? _columnMass[layer]!.HeadColumnMass : default,
            Rows = _rows.At(_table!, layer),
        };
        var started = Stopwatch.GetTimestamp();
        _compressor.Observe(signals);
        _keptMass.Observe(signals);
        _choiceTime += Stopwatch.GetElapsedTime(started);
        if (_cascades)
            TrimCascade(layer);
    }

    private bool IsPoint(ReadOnlySpan<int> positions) => positions[^1] == Point - 1;

    private void Shift(RaggedTable table) => table.Shift = (_compressor.ShiftedRows, table.Length - table.Rows(0, 0));

    private RaggedTable Copy(UniformTable table, BlockReservation reservation)
    {
        var kept = new int[_shape.Layers * Lanes][];
        var merged = new ILookup<(int Lane, int Row), RowSelection.MergedRow>[_shape.Layers];
        var compressed = new RaggedTable(_pool, Policy.PerHead) { DropsInSteps = true, SeesAllRows = SeesAllRows, Packing = _packed?.Form };
        var pieces = _packed?.SparePieces ?? 0;
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            Select(layer, _shape.Layers);
            for (var lane = 0; lane < Lanes; lane++)
            {
                int[] rows = _selection.Kept(lane) is { } some ? [.. some] : [.. Enumerable.Range(0, Point)];
                kept[(layer * Lanes) + lane] = rows;
                pieces += _packed?.Pieces(layer, rows.Length) ?? compressed.SlicesFor(rows.Length);
            }

            merged[layer] = _selection.Merged.ToLookup(row => (Lanes == 1 ? 0 : row.Head, row.Row));
        }

        compressed.Adopt(table.Length, pieces, reservation);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            for (var lane = 0; lane < Lanes; lane++)
                Copy(table, compressed, layer, lane, kept[(layer * Lanes) + lane], merged[layer]);
        }

        compressed.EndStep();
        return compressed;
    }

    /// <summary>Copies the rows of a lane that stay. Those that are packed are so group by group, merged rows in their places.</summary>
    private void Copy(UniformTable table, RaggedTable compressed, int layer, int lane, ReadOnlySpan<int> kept, ILookup<(int Lane, int Row), RowSelection.MergedRow> merged)
    {
        var together = _packed is null ? kept.Length : IPackedForm.GroupRows;
        for (var first = 0; first < kept.Length; first += together)
        {
            var end = Math.Min(kept.Length, first + together);
            compressed.AppendCopies(layer, lane, table, kept[first..end]);
            for (var place = first; place < end; place++)
            {
                foreach (var row in merged[(lane, kept[place])])
                    compressed.Replace(layer, row.Head, place, row.Key, row.Value, row.Bias);
            }

            if (_packed is not null)
                compressed.Pack(layer, lane, _packed.PackedRows(kept.Length));
        }
    }

    private void Pack(RaggedTable table, int layer)
    {
        for (var lane = 0; lane < Lanes; lane++)
            table.Pack(layer, lane, _packed!.PackedRows(table.Rows(layer, lane)));
    }

    private void Select(int layer, int observed)
    {
        var started = Stopwatch.GetTimestamp();
        _selection.Reset();
        _selection.Rows = _rows.At(_table!, layer);
        _compressor.Select(layer, observed, _selection);
        _keptMass.Count(layer, _selection);
        _choiceTime += Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Drops rows of the layers that are through, while the others are still to come.</summary>
    private void TrimCascade(int layer)
    {
        var table = (RaggedTable)_table!;
        for (var l = _compressor.SharesOverLayers ? 0 : layer; l <= layer; l++)
        {
            Select(l, layer + 1);
            for (var lane = 0; lane < Lanes; lane++)
            {
                if (_selection.Kept(lane) is { } rows && rows.Count < table.Rows(l, lane))
                    table.Trim(l, lane, Places(table.Positions(l, lane), rows));
            }

            foreach (var row in _selection.Merged)
            {
                var lane = Lanes == 1 ? 0 : row.Head;
                table.Replace(l, row.Head, PlaceOf(table.Positions(l, lane), row.Row), row.Key, row.Value, row.Bias);
            }
        }
    }

    private void Drop(int layer, int position)
    {
        var table = (RaggedTable)_table!;
        for (var lane = 0; lane < Lanes; lane++)
            _laneRows[lane] = table.Rows(layer, lane);
        _drops.Reset();
        var signals = new AnswerSignals
        {
            Layer = layer,
            Position = position,
            Step = position - _promptLength + 1,
            LaneRows = _laneRows,
            Weights = _compressor.NeedsAnswerWeights ? _weights.Weights : default,
            Columns = _compressor.NeedsAnswerWeights ? _weights.ColumnCount : 0,
            Looked = _weights.LookThreshold > 0 ? _weights.Looked.AsSpan(0, _shape.KvHeads * _weights.LookWords) : default,
            Rows = _rows.At(table, layer),
        };
        var started = Stopwatch.GetTimestamp();
        _compressor.Answer(signals, _drops);
        _choiceTime += Stopwatch.GetElapsedTime(started);
        foreach (var row in _drops.Merged)
            table.Replace(layer, row.Head, row.Row, row.Key, row.Value, row.Bias);
        for (var lane = 0; lane < Lanes; lane++)
        {
            var dropped = CollectionsMarshal.AsSpan(_drops.Dropped(lane));
            if (dropped.Length == 0)
                continue;
            Statistics!.DroppedInAnswer += dropped.Length;
            if (_drops.Ordered)
                table.Trim(layer, lane, Others(dropped, _laneRows[lane]));
            else
                table.Remove(layer, lane, dropped);
        }
    }

    private CompressionStatistics Describe(RaggedTable table, int peak)
    {
        var layers = new double[_shape.Layers];
        double rows = 0;
        for (var layer = 0; layer < layers.Length; layer++)
        {
            for (var lane = 0; lane < Lanes; lane++)
                layers[layer] += (double)table.Rows(layer, lane) / Lanes;
            rows += layers[layer] / layers.Length;
        }

        return new CompressionStatistics
        {
            Policy = Name,
            Rows = Point,
            KeptRows = rows,
            Bytes = table.BlockCount * _model.Layout.BlockBytes,
            RowBytes = _packed?.Bytes(table) ?? (rows * _model.Layout.BytesPerToken),
            FullBytes = (Point + _model.Layout.BlockRows - 1) / _model.Layout.BlockRows * _model.Layout.BlockBytes,
            MassKept = _keptMass.Share,
            PeakBlocks = peak,
            LayerRows = layers,
            PromptTime = new ChoiceTime(_promptWeights, _choiceTime, _time - _choiceTime),
        };
    }

    /// <summary>Places of rows that are still there, by their positions; both ascend.</summary>
    private static int[] Places(ReadOnlySpan<int> positions, List<int> rows)
    {
        var places = new List<int>(rows.Count);
        var place = 0;
        foreach (var row in rows)
        {
            while (place < positions.Length && positions[place] < row)
                place++;
            if (place < positions.Length && positions[place] == row)
                places.Add(place);
        }

        return [.. places];
    }

    private static int PlaceOf(ReadOnlySpan<int> positions, int row)
    {
        var place = positions.BinarySearch(row);
        return place >= 0 ? place : throw new InvalidOperationException($"row {row} was merged into, but is not kept");
    }

    private static int[] Others(ReadOnlySpan<int> dropped, int count)
    {
        var others = new int[count - dropped.Length];
        var next = 0;
        var at = 0;
        for (var row = 0; row < count; row++)
        {
            if (next < dropped.Length && dropped[next] == row)
                next++;
            else
                others[at++] = row;
        }

        return others;
    }
}

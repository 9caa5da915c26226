using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>CAKE's state of a sequence: preferences and row scores of the layers seen so far. Section 3 of the paper.</summary>
internal sealed class CakeCompressor(CompressionShape shape, CakeOptions options) : Compressor
{
    private readonly double[] _preferences = new double[shape.Layers];
    private readonly float[][][] _scores = new float[shape.Layers][][];
    private readonly int[] _budgets = new int[shape.Layers];
    private readonly LaneOrder?[] _orders = new LaneOrder?[shape.Layers * shape.KvHeads];
    private int _length;
    private int _windowRows;

    public override int WindowRows => Math.Max(1, Math.Min(options.Window, shape.Budget / 2));

    public override bool SharesOverLayers => true;

    public override bool FillsPieces => shape.PieceRows > 1 && options.Budgets == CakeOptions.Split.Preference;

    public override bool NeedsAnswerWeights => options.EvictsInAnswer;

    public override bool DropsInAnswer => options.EvictsInAnswer;

    /// <summary>Preferences of the layers, for reports: their spread says whether there is anything to share.</summary>
    public ReadOnlySpan<double> Preferences => _preferences;

    private int Before => _length - _windowRows;

    public override void Observe(in LayerSignals signals)
    {
        _length = signals.Length;
        _windowRows = signals.WindowRows;
        var before = Before;
        var rows = _windowRows;
        var sum = new float[before];
        var squares = new float[before];
        double entropy = 0;
        double change = 0;
        var heads = new float[shape.KvHeads][];
        for (var head = 0; head < shape.KvHeads; head++)
        {
            var score = heads[head] = new float[before];
            for (var q = head * shape.Group; q < (head + 1) * shape.Group; q++)
            {
                Array.Clear(sum);
                Array.Clear(squares);
                for (var row = 0; row < rows; row++)
                {
                    var weights = signals.WindowOf(row, q, shape.QueryHeads)[..before];
                    WindowScores.Add(weights, sum);
                    WindowScores.AddSquares(weights, squares);
                    entropy += Entropy(weights);
                }

                for (var n = 0; n < before; n++)
                {
                    var mean = (double)sum[n] / rows;
                    var variance = rows > 1 ? Math.Max(0, (squares[n] - (rows * mean * mean)) / (rows - 1)) : 0;
                    change += variance;
                    score[n] += (float)(mean + (options.Gamma * variance)) / shape.Group;
                }
            }

            WindowScores.AveragePool(score, options.Kernel);
        }

        _preferences[signals.Layer] = Math.Pow(Math.Max(entropy, 1e-30), 1 / options.SpreadTemper) * Math.Pow(Math.Max(change, 1e-30), 1 / options.ChangeTemper);
        _scores[signals.Layer] = heads;
        Share(signals.Layer + 1);
    }

    public override void Select(int layer, int observed, RowSelection selection)
    {
        if (_length <= shape.Budget)
            return;
        for (var head = 0; head < shape.KvHeads; head++)
        {
            var rows = selection.Keep(head);
            TopRows.Add(_scores[layer][head], _budgets[layer], rows);
            for (var row = Before; row < _length; row++)
                rows.Add(row);
        }
    }

    public override void Answer(in AnswerSignals signals, RowDrops drops)
    {
        var most = _length <= shape.Budget ? shape.Budget : _budgets[signals.Layer] + _windowRows;
        for (var head = 0; head < shape.KvHeads; head++)
        {
            var rows = signals.LaneRows[head];
            ref var order = ref _orders[(signals.Layer * shape.KvHeads) + head];
            order ??= new LaneOrder();
            order.Grow(rows);
            if (rows <= most)
                continue;
            var scores = new float[rows];
            for (var q = head * shape.Group; q < (head + 1) * shape.Group; q++)
                WindowScores.Add(signals.WeightsOf(q, rows), scores);

            // Pooled in the order of positions; the window of the newest rows stays.
            var old = order.Rows[..(rows - _windowRows)];
            var pooled = new float[old.Length];
            for (var i = 0; i < old.Length; i++)
                pooled[i] = scores[old[i]];
            WindowScores.AveragePool(pooled, options.Kernel);
            for (var i = 0; i < pooled.Length; i++)
                pooled[i] = -pooled[i];
            var dropped = drops.Dropped(head);
            TopRows.Add(pooled, rows - most, dropped);
            for (var i = 0; i < dropped.Count; i++)
                dropped[i] = old[dropped[i]];
            dropped.Sort();
            order.Drop(CollectionsMarshal.AsSpan(dropped));
        }
    }

    /// <summary>
    /// Splits the budget over the layers seen so far. While layers are missing a layer may get more than it will have at the end, never less,
    /// up to rounding; a budget that would grow again keeps its smaller value, which is the most that it can have where whole pieces are shared.
    /// </summary>
    private void Share(int seen)
    {
        if (options.Budgets != CakeOptions.Split.Preference)
        {
            var layer = seen - 1;
            _budgets[layer] = options.Budgets == CakeOptions.Split.Uniform
                ? Math.Min(Before, shape.Budget - _windowRows)
                : PyramidBudgets.Of(shape.Layers, shape.Budget, _windowRows, Before, layer);
            return;
        }

        var total = (long)(shape.Budget - _windowRows) * shape.Layers;
        _budgets[seen - 1] = Before;
        var budgets = shape.PieceRows == 1
            ? LayerBudgets.Split(_preferences.AsSpan(0, seen), total, Before)
            : LayerBudgets.SplitPieces(_preferences.AsSpan(0, seen), total, _budgets.AsSpan(0, seen), _windowRows, shape.PieceRows);
        for (var layer = 0; layer < seen; layer++)
            _budgets[layer] = Math.Min(_budgets[layer], budgets[layer]);
    }

    private static double Entropy(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (var weight in weights)
        {
            if (weight > 0)
                sum -= weight * Math.Log(weight + 1e-10);
        }

        return sum;
    }
}

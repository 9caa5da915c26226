using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>RazorAttention's state of a sequence: the mean of what was dropped in each head that is no retrieval head.</summary>
internal sealed class RazorCompressor : Compressor
{
    private readonly CompressionShape _shape;
    private readonly IReadOnlyList<bool[]> _retrieval;
    private readonly RazorOptions _options;
    private readonly RowMean?[] _means;
    private readonly LaneOrder?[] _orders;
    private readonly float[] _key;
    private readonly float[] _value;
    private int _length;

    public RazorCompressor(CompressionShape shape, IReadOnlyList<bool[]> retrieval, RazorOptions options)
    {
        _shape = shape;
        _retrieval = retrieval;
        _options = options;
        _means = new RowMean?[shape.Layers * shape.KvHeads];
        _orders = new LaneOrder?[shape.Layers * shape.KvHeads];
        _key = new float[shape.HeadDim];
        _value = new float[shape.HeadDim];
    }

    public override bool DropsInAnswer => true;

    public override int LagRows => 1 << 29; // retrieval heads alone may need more than the budget

    /// <summary>Rows before the window: sinks, and the one that stands for the dropped.</summary>
    private int Front => _options.Sinks + (_options.Compensates ? 1 : 0);

    /// <summary>L_h for so many rows: max(S0, N / C), or what the budget leaves beside the retrieval heads.</summary>
    public int Window(int rows)
    {
        if (_options.LeastWindow is { } least)
            return Math.Max(least, (int)(rows / (_options.Ratio ?? 5)));
        var heads = _shape.Layers * _shape.KvHeads;
        var full = _retrieval.Sum(layer => layer.Count(head => head));
        var left = ((double)_shape.Budget * heads) - ((double)full * _length);
        return Math.Max(8, (int)(left / Math.Max(1, heads - full) * rows / _length) - Front);
    }

    public override void Observe(in LayerSignals signals)
    {
        _length = signals.Length;
        for (var head = 0; head < _shape.KvHeads; head++)
        {
            var first = FirstOfWindow(_length);
            if (_retrieval[signals.Layer][head] || first <= _options.Sinks)
                continue;
            var mean = _means[(signals.Layer * _shape.KvHeads) + head] = new RowMean(_shape.HeadDim);
            for (var row = _options.Sinks; row < first; row++)
            {
                signals.Rows.Read(head, row, _key, _value);
                mean.Add(_key, _value);
            }
        }
    }

    public override void Select(int layer, int observed, RowSelection selection)
    {
        for (var head = 0; head < _shape.KvHeads; head++)
        {
            if (_means[(layer * _shape.KvHeads) + head] is not { } mean)
                continue;
            var rows = selection.Keep(head);
            for (var row = 0; row < Front; row++)
                rows.Add(row);
            for (var row = FirstOfWindow(_length); row < _length; row++)
                rows.Add(row);
            if (_options.Compensates)
                selection.Replace(head, _options.Sinks, mean.Key(), mean.Value(), Bias(mean));
        }
    }

    public override void Answer(in AnswerSignals signals, RowDrops drops)
    {
        var window = Window(signals.Position + 1);
        for (var head = 0; head < _shape.KvHeads; head++)
        {
            var lane = (signals.Layer * _shape.KvHeads) + head;
            var rows = signals.LaneRows[head];
            if (_means[lane] is not { } mean)
                continue;
            var order = _orders[lane] ??= new LaneOrder();
            order.Grow(rows);
            var over = rows - Front - window;
            if (over <= 0)
                continue;
            var dropped = drops.Dropped(head);
            for (var i = 0; i < over; i++)
            {
                var row = order.Rows[Front + i];
                signals.Rows.Read(head, row, _key, _value);
                mean.Add(_key, _value);
                dropped.Add(row);
            }

            if (_options.Compensates)
                drops.Replace(head, order.Rows[_options.Sinks], mean.Key(), mean.Value(), Bias(mean));
            dropped.Sort();
            order.Drop(CollectionsMarshal.AsSpan(dropped));
        }
    }

    /// <summary>First row of the window; the place of the row that stands for the dropped must be won by more than one.</summary>
    private int FirstOfWindow(int rows)
    {
        var first = rows - Window(rows);
        return first > Front ? first : 0;
    }

    private float Bias(RowMean mean) => _options.CountsDropped ? (float)Math.Log(mean.Weight) : 0;
}

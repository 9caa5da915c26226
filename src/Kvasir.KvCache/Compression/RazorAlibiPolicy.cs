using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// RazorAttention for models with ALiBi (Tang et al. 2025, section 3.1): every head keeps its last rows, as far back as its slope lets it see. What is
/// dropped has no weight, so that nothing stands for it, and there is no budget.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="windows">Rows of each KV head, <c>[layers][kvHeads]</c>.</param>
public sealed class RazorAlibiPolicy(string name, int[][] windows) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape)
    {
        if (windows.Length != shape.Layers || windows[0].Length != shape.KvHeads)
            throw new ArgumentException($"the windows are of {windows.Length} layers with {windows[0].Length} KV heads, the model has {shape.Layers} with {shape.KvHeads}: they are of another model");
        return new State(shape, windows);
    }

    private sealed class State(CompressionShape shape, int[][] windows) : Compressor
    {
        private readonly LaneOrder?[] _orders = new LaneOrder?[shape.Layers * shape.KvHeads];
        private int _length;

        public override bool DropsInAnswer => true;

        public override int LagRows => 1 << 29; // some heads see everything

        public override void Observe(in LayerSignals signals) => _length = signals.Length;

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var head = 0; head < shape.KvHeads; head++)
            {
                if (windows[layer][head] < _length)
                    selection.Keep(head).AddRange(Enumerable.Range(_length - windows[layer][head], windows[layer][head]));
            }
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var rows = signals.LaneRows[head];
                var order = _orders[(signals.Layer * shape.KvHeads) + head] ??= new LaneOrder();
                order.Grow(rows);
                var over = rows - windows[signals.Layer][head];
                if (over <= 0)
                    continue;
                var dropped = drops.Dropped(head);
                dropped.AddRange(order.Rows[..over]);
                dropped.Sort();
                order.Drop(CollectionsMarshal.AsSpan(dropped));
            }
        }
    }
}

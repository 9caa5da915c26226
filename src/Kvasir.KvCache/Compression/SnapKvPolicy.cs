namespace Kvasir.KvCache.Compression;

/// <summary>
/// SnapKV (Li et al. 2024) and the ways of sharing a budget that stand on its scores: uniform, over layers (<see cref="PyramidBudgets"/>: PyramidKV,
/// Cai et al. 2024), over the heads of a layer (Ada-KV, Feng et al. 2024).
/// </summary>
/// <param name="name">The published name.</param>
/// <param name="window">Rows of the observation window; they always stay.</param>
/// <param name="kernel">Width of the average pooling.</param>
/// <param name="pyramid">True to give lower layers more.</param>
/// <param name="adaptive">True to let the heads of a layer compete.</param>
public sealed class SnapKvPolicy(string name = "snapkv", int window = SnapKvPolicy.UsualWindow, int kernel = 5, bool pyramid = false, bool adaptive = false) : ICompressionPolicy
{
    /// <summary>The window of the published comparison (SCBench's setting).</summary>
    public const int UsualWindow = 32;

    /// <summary>Ada-KV: the share of a head's uniform budget that it gets in any case.</summary>
    private const double Safeguard = 0.2;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, window, kernel, pyramid, adaptive);

    private sealed class State(CompressionShape shape, int window, int kernel, bool pyramid, bool adaptive) : Compressor
    {
        private readonly float[][][] _scores = new float[shape.Layers][][];
        private int _length;
        private int _windowRows;

        public override int WindowRows => Math.Max(1, Math.Min(window, shape.Budget / 2));

        public override void Observe(in LayerSignals signals)
        {
            _length = signals.Length;
            _windowRows = signals.WindowRows;
            var heads = new float[shape.KvHeads][];
            for (var head = 0; head < heads.Length; head++)
            {
                heads[head] = new float[_length - _windowRows];
                WindowScores.OfHead(signals, shape, head, heads[head]);
                WindowScores.AveragePool(heads[head], kernel);
            }

            _scores[signals.Layer] = heads;
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            var before = _length - _windowRows;
            var budget = pyramid ? PyramidBudgets.Of(shape.Layers, shape.Budget, _windowRows, before, layer) : shape.Budget - _windowRows;
            if (budget >= before)
                return;
            var scores = _scores[layer];
            Span<int> budgets = stackalloc int[shape.KvHeads];
            if (adaptive)
                HeadBudgets.Share(scores, budget, Safeguard, budgets);
            else
                budgets.Fill(budget);
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var rows = selection.Keep(head);
                TopRows.Add(scores[head], budgets[head], rows);
                for (var row = before; row < _length; row++)
                    rows.Add(row);
            }
        }
    }
}

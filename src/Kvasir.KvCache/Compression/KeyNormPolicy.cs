namespace Kvasir.KvCache.Compression;

/// <summary>The rows whose keys are shortest stay, and the most recent ones (Devoto et al. 2024): no attention is looked at.</summary>
/// <param name="recentShare">Share of the budget for the most recent rows.</param>
public sealed class KeyNormPolicy(double recentShare = 0.2) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => "keynorm";

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, Math.Max(1, (int)(shape.Budget * recentShare)));

    private sealed class State(CompressionShape shape, int recent) : Compressor
    {
        private readonly List<int>?[] _kept = new List<int>?[shape.Layers * shape.KvHeads];

        public override void Observe(in LayerSignals signals)
        {
            if (signals.Length <= shape.Budget)
                return;
            var key = new float[shape.HeadDim];
            var value = new float[shape.HeadDim];
            var scores = new float[signals.Length - recent];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                for (var row = 0; row < scores.Length; row++)
                {
                    signals.Rows.Read(head, row, key, value);
                    double square = 0;
                    foreach (var x in key)
                        square += (double)x * x;
                    scores[row] = -(float)square;
                }

                var kept = _kept[(signals.Layer * shape.KvHeads) + head] = [];
                TopRows.Add(scores, shape.Budget - recent, kept);
                for (var row = scores.Length; row < signals.Length; row++)
                    kept.Add(row);
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var head = 0; head < shape.KvHeads; head++)
            {
                if (_kept[(layer * shape.KvHeads) + head] is { } rows)
                    selection.Keep(head).AddRange(rows);
            }
        }
    }
}

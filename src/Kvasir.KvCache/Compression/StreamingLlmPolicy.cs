namespace Kvasir.KvCache.Compression;

/// <summary>
/// StreamingLLM (Xiao et al. 2024): the first rows and the last ones. Positions are either the true ones, or those in the cache, as published:
/// the first rows are then read as if they stood right before the others.
/// </summary>
/// <param name="sinks">First rows that stay.</param>
/// <param name="positionsInCache">True to read the first rows at their places in the cache.</param>
public sealed class StreamingLlmPolicy(int sinks = 4, bool positionsInCache = true) : ICompressionPolicy
{
    /// <summary>Name of the form that leaves rows at their true positions.</summary>
    public const string TruePositionsName = "streamingllm-true";

    /// <inheritdoc/>
    public string Name => positionsInCache ? "streamingllm" : TruePositionsName;

    /// <inheritdoc/>
    public bool PerHead => false;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape, Math.Min(sinks, shape.Budget / 2), positionsInCache);

    private sealed class State(CompressionShape shape, int sinks, bool positionsInCache) : Compressor
    {
        private readonly int[] _oldest = new int[shape.Layers];
        private int _length;

        public override bool DropsInAnswer => true;

        public override int ShiftedRows => positionsInCache ? sinks : 0;

        public override void Observe(in LayerSignals signals) => _length = signals.Length;

        public override void Select(int layer, int observed, RowSelection selection)
        {
            _oldest[layer] = sinks;
            if (_length <= shape.Budget)
                return;
            var rows = selection.Keep(0);
            for (var row = 0; row < sinks; row++)
                rows.Add(row);
            for (var row = _length - (shape.Budget - sinks); row < _length; row++)
                rows.Add(row);
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            var over = signals.LaneRows[0] - shape.Budget;
            if (over <= 0)
                return;
            if (over > 1)
            {
                drops.Ordered = true;
                _oldest[signals.Layer] = sinks;
                for (var row = 0; row < over; row++)
                    drops.Dropped(0).Add(sinks + row);
                return;
            }

            // The newest row takes the place of the oldest, and the next oldest is the one behind it: a ring.
            ref var oldest = ref _oldest[signals.Layer];
            drops.Dropped(0).Add(oldest);
            oldest = oldest + 1 >= shape.Budget ? sinks : oldest + 1;
        }
    }
}

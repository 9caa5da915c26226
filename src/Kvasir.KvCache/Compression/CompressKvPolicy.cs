namespace Kvasir.KvCache.Compression;

/// <summary>
/// CompressKV (Lin et al. 2025): only the semantic retrieval heads of a layer vote, all KV heads keep the same rows, and layers that suffer more
/// get more; both were measured once for the model.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="voters">Query heads that vote, by layer.</param>
/// <param name="layerErrors">r: how much each layer suffers; null for equal budgets (ablation).</param>
public sealed class CompressKvPolicy(string name, IReadOnlyList<int[]> voters, IReadOnlyList<double>? layerErrors) : ICompressionPolicy
{
    /// <summary>Rows of the observation window.</summary>
    private const int UsualWindow = 8;

    private const int Kernel = 5;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => false;

    /// <summary>Rows of each layer: b = 32 + r·(B·L - 32·L), within 32 and 3·B, exactly B·L in all.</summary>
    public static int[] Budgets(IReadOnlyList<double> errors, int budget)
    {
        var layers = errors.Count;
        var least = Math.Min(32, budget);
        var most = 3 * budget;
        var budgets = new int[layers];
        for (var layer = 0; layer < layers; layer++)
            budgets[layer] = Math.Clamp(least + (int)Math.Round(errors[layer] * (budget - least) * layers), least, most);
        var order = Enumerable.Range(0, layers).OrderByDescending(layer => errors[layer]).ToArray();
        for (var left = (budget * layers) - budgets.Sum(); left != 0;)
        {
            foreach (var layer in left > 0 ? order : order.Reverse())
            {
                var step = Math.Sign(left);
                if (left == 0 || budgets[layer] + step > most || budgets[layer] + step < least)
                    continue;
                budgets[layer] += step;
                left -= step;
            }
        }

        return budgets;
    }

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape)
    {
        if (voters.Count != shape.Layers || voters.Any(layer => layer.Length == 0 || layer.Any(head => (uint)head >= (uint)shape.QueryHeads)))
            throw new ArgumentException($"the head profile has {voters.Count} layers, the model {shape.Layers} of {shape.QueryHeads} heads: it is of another model");
        var budgets = layerErrors is null ? [.. Enumerable.Repeat(shape.Budget, shape.Layers)] : Budgets(layerErrors, shape.Budget);
        return new State(shape, voters, budgets);
    }

    private sealed class State(CompressionShape shape, IReadOnlyList<int[]> voters, int[] budgets) : Compressor
    {
        private readonly float[][] _scores = new float[shape.Layers][];
        private int _length;
        private int _windowRows;

        public override int WindowRows => Math.Max(1, Math.Min(UsualWindow, shape.Budget / 2));

        public override int[] WindowHeads(int layer) => voters[layer];

        public override void Observe(in LayerSignals signals)
        {
            _length = signals.Length;
            _windowRows = signals.WindowRows;
            var scores = _scores[signals.Layer] = new float[_length - _windowRows];
            for (var voter = 0; voter < signals.WindowHeads.Length; voter++)
            {
                for (var row = 0; row < _windowRows; row++)
                    WindowScores.Add(signals.WindowOf(row, voter, signals.WindowHeads.Length)[..scores.Length], scores);
            }

            WindowScores.AveragePool(scores, Kernel);
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            if (_length <= Math.Max(shape.Budget, budgets[layer]))
                return;
            var rows = selection.Keep(0);
            TopRows.Add(_scores[layer], budgets[layer] - _windowRows, rows);
            for (var row = _scores[layer].Length; row < _length; row++)
                rows.Add(row);
        }
    }
}

namespace Kvasir.KvCache.Compression;

/// <summary>TOVA (Oren et al. 2024): the row that the newest token looks at least goes, its weights averaged over all heads of the layer.</summary>
public sealed class TovaPolicy : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => "tova";

    /// <inheritdoc/>
    public bool PerHead => false;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new State(shape);

    private sealed class State(CompressionShape shape) : Compressor
    {
        private readonly float[][] _scores = new float[shape.Layers][];

        public override int WindowRows => 1;

        public override bool NeedsAnswerWeights => true;

        public override bool DropsInAnswer => true;

        public override void Observe(in LayerSignals signals)
        {
            var scores = new float[signals.Length];
            for (var q = 0; q < shape.QueryHeads; q++)
                WindowScores.Add(signals.WindowOf(0, q, shape.QueryHeads), scores);
            _scores[signals.Layer] = scores;
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            if (_scores[layer].Length > shape.Budget)
                TopRows.Add(_scores[layer], shape.Budget, selection.Keep(0));
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            var rows = signals.LaneRows[0];
            if (rows <= shape.Budget)
                return;
            var scores = new float[rows];
            for (var q = 0; q < shape.QueryHeads; q++)
                WindowScores.Add(signals.WeightsOf(q, rows), scores);
            for (var row = 0; row < rows; row++)
                scores[row] = -scores[row];
            TopRows.Add(scores, rows - shape.Budget, drops.Dropped(0));
        }
    }
}

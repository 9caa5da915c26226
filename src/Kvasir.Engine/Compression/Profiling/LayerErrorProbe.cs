using Kvasir.Engine.Loading;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>
/// Measures how much the output of each layer's attention changes when its cache is compressed, while the model runs on the whole cache
/// (CompressKV, section 3.3): the relative error behind the output matrix, summed over the tokens of an answer. Nothing is dropped.
/// </summary>
internal sealed unsafe class LayerErrorProbe(LoadedModel model, IReadOnlyList<int[]> voters, int budget) : ICompressionPolicy, IDisposable
{
    private readonly NativeBuffer _outputs = new((nuint)(2 * model.Config.QueryHeads * model.Config.HeadDim) * sizeof(float));
    private readonly NativeBuffer _projected = new((nuint)(2 * model.Config.HiddenSize) * sizeof(float));

    /// <summary>Summed errors of the layers.</summary>
    public double[] Errors { get; } = new double[model.Config.Layers];

    public string Name => "layer error probe";

    public bool PerHead => false;

    public Compressor Start(CompressionShape shape) =>
        new State(this, shape, new CompressKvPolicy(Name, voters, null).Start(shape with { Budget = budget }));

    public void Dispose()
    {
        _outputs.Dispose();
        _projected.Dispose();
    }

    /// <summary>Compares the two rows of outputs behind the output matrix.</summary>
    private void Compare(int layer)
    {
        var width = model.Config.HiddenSize;
        model.Backend.MatMul((float*)_outputs.Pointer, 2, model.Weights.Layers[layer].Attention!.Output, (float*)_projected.Pointer);
        var full = new ReadOnlySpan<float>((float*)_projected.Pointer, width);
        var compressed = new ReadOnlySpan<float>((float*)_projected.Pointer + width, width);
        double error = 0;
        double norm = 0;
        for (var i = 0; i < width; i++)
        {
            error += ((double)compressed[i] - full[i]) * ((double)compressed[i] - full[i]);
            norm += (double)full[i] * full[i];
        }

        Errors[layer] += Math.Sqrt(error) / (Math.Sqrt(norm) + 1e-5);
    }

    private sealed class State(LayerErrorProbe probe, CompressionShape shape, Compressor votes) : Compressor
    {
        private readonly List<float[]>[] _values = new List<float[]>[shape.Layers];
        private readonly HashSet<int>?[] _kept = new HashSet<int>?[shape.Layers];
        private int _length;

        public override int WindowRows => votes.WindowRows;

        public override int[] WindowHeads(int layer) => votes.WindowHeads(layer);

        public override bool NeedsAnswerWeights => true;

        public override void Observe(in LayerSignals signals)
        {
            votes.Observe(signals);
            _length = signals.Length;
            var selection = new RowSelection(1);
            votes.Select(signals.Layer, signals.Layer + 1, selection);
            _kept[signals.Layer] = selection.Kept(0) is { } rows ? [.. rows] : null;
            _values[signals.Layer] = [];
            ReadValues(signals.Layer, signals.Rows, _length);
        }

        public override void Answer(in AnswerSignals signals, RowDrops drops)
        {
            var rows = signals.LaneRows[0];
            var layer = signals.Layer;
            ReadValues(layer, signals.Rows, rows);
            var full = (float*)probe._outputs.Pointer;
            var compressed = full + (shape.QueryHeads * shape.HeadDim);
            new Span<float>(full, 2 * shape.QueryHeads * shape.HeadDim).Clear();
            for (var q = 0; q < shape.QueryHeads; q++)
            {
                var weights = signals.WeightsOf(q, rows);
                var head = q / shape.Group * shape.HeadDim;
                double left = 0;
                for (var row = 0; row < rows; row++)
                {
                    var stays = row >= _length || _kept[layer] is not { } kept || kept.Contains(row);
                    left += stays ? weights[row] : 0;
                    var value = _values[layer][row].AsSpan(head, shape.HeadDim);
                    for (var d = 0; d < value.Length; d++)
                    {
                        full[(q * shape.HeadDim) + d] += weights[row] * value[d];
                        compressed[(q * shape.HeadDim) + d] += stays ? weights[row] * value[d] : 0;
                    }
                }

                for (var d = 0; d < shape.HeadDim; d++)
                    compressed[(q * shape.HeadDim) + d] /= (float)Math.Max(1e-20, left);
            }

            probe.Compare(layer);
        }

        private void ReadValues(int layer, IKvRowSource source, int rows)
        {
            var key = new float[shape.HeadDim];
            for (var row = _values[layer].Count; row < rows; row++)
            {
                var values = new float[shape.KvHeads * shape.HeadDim];
                for (var head = 0; head < shape.KvHeads; head++)
                    source.Read(head, row, key, values.AsSpan(head * shape.HeadDim, shape.HeadDim));
                _values[layer].Add(values);
            }
        }
    }
}

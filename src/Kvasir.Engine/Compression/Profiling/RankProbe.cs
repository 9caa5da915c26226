using Kvasir.Engine.Loading;
using Kvasir.Engine.Policies;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Sums the second moments of keys before their rotation, of values, and of queries by rotated pair.</summary>
internal sealed class RankProbe : ILayerPolicy
{
    private readonly LoadedModel _model;
    private readonly int _width;
    private readonly int _groups;
    private readonly float[] _key;

    /// <param name="model">The model.</param>
    /// <param name="groupHeads">KV heads of a group.</param>
    public RankProbe(LoadedModel model, int groupHeads)
    {
        _model = model;
        var config = model.Config;
        (_width, _groups) = (groupHeads * config.HeadDim, config.KvHeads / groupHeads);
        _key = new float[config.KvHeads * config.HeadDim];
        Moments = Table(2 * _groups, _width * _width);
        Sums = Table(2 * _groups, _width);
        Queries = Table(1, config.QueryHeads * config.HeadDim);

        double[][][] Table(int parts, int size) => [.. Enumerable.Range(0, config.Layers).Select(_ => Enumerable.Range(0, parts).Select(_ => new double[size]).ToArray())];
    }

    /// <summary>Moments <c>[layers][2 * groups][width, width]</c>: keys, then values; above the diagonal only.</summary>
    public double[][][] Moments { get; }

    /// <summary>Sums <c>[layers][2 * groups][width]</c>.</summary>
    public double[][][] Sums { get; }

    /// <summary>Squares of queries <c>[layers][1][queryHeads * headDim]</c>.</summary>
    public double[][][] Queries { get; }

    /// <summary>Rows that were summed.</summary>
    public int Rows { get; private set; }

    public string Name => "rank probe";

    public bool AllowsPrefixReuse => false;

    public void AfterKeysValues(in LayerContext context, LayerDecision decision)
    {
        Rows += context.Layer == 0 ? context.Positions.Length : 0;
        var rope = _model.RopeOf(context.Layer);
        for (var row = 0; row < context.Positions.Length; row++)
        {
            var at = row * context.Stride;
            context.Keys.Slice(at, _key.Length).CopyTo(_key);
            rope?.TurnBack(_key, _model.Config.HeadDim, context.Positions[row]);
            for (var group = 0; group < _groups; group++)
            {
                Add(_key.AsSpan(group * _width, _width), context.Layer, 2 * group);
                Add(context.Values.Slice(at + (group * _width), _width), context.Layer, (2 * group) + 1);
            }

            var squares = Queries[context.Layer][0];
            var queries = context.Queries.Slice(at, squares.Length);
            for (var i = 0; i < squares.Length; i++)
                squares[i] += (double)queries[i] * queries[i];
        }
    }

    public void AfterAttention(in LayerContext context, LayerDecision decision)
    {
    }

    private void Add(ReadOnlySpan<float> x, int layer, int part)
    {
        var (moments, sums) = (Moments[layer][part], Sums[layer][part]);
        for (var i = 0; i < x.Length; i++)
        {
            double xi = x[i];
            sums[i] += xi;
            var row = moments.AsSpan(i * x.Length, x.Length);
            for (var j = i; j < row.Length; j++)
                row[j] += xi * x[j];
        }
    }
}

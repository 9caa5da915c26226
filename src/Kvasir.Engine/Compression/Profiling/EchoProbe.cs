using Kvasir.Engine.Policies;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>
/// Looks for retrieval heads with random tokens that are repeated (RazorAttention, section 3.2): the mass on earlier copies of a token (echo),
/// and on what followed them (induction). The first token is left out of the count.
/// </summary>
internal sealed class EchoProbe(int layers, int queryHeads, int blockTokens) : ILayerPolicy
{
    private readonly MassQuery _query = new();
    private int _rows;

    public double[][] Echo { get; } = Table(layers, queryHeads);

    public double[][] Induction { get; } = Table(layers, queryHeads);

    public string Name => "echo probe";

    public bool AllowsPrefixReuse => false;

    /// <summary>Divides the sums by the number of rows.</summary>
    public void Finish()
    {
        for (var layer = 0; layer < layers; layer++)
        {
            for (var head = 0; head < queryHeads; head++)
            {
                Echo[layer][head] /= Math.Max(1, _rows);
                Induction[layer][head] /= Math.Max(1, _rows);
            }
        }
    }

    public void AskMass(int layer, ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
        _query.FirstRow = 0;
        _query.ReserveWeights(positions.Length, queryHeads, positions[^1] + 1);
        queries.Add(_query);
    }

    public void AfterKeysValues(in LayerContext context, LayerDecision decision)
    {
    }

    public void AfterAttention(in LayerContext context, LayerDecision decision)
    {
        var columns = _query.ColumnCount;
        for (var row = 0; row < context.Positions.Length; row++)
        {
            var token = context.Positions[row] - 1; // counted without the first
            if (token < blockTokens)
                continue;
            _rows += context.Layer == 0 ? 1 : 0;
            for (var head = 0; head < queryHeads; head++)
            {
                var weights = _query.Weights.AsSpan(((row * queryHeads) + head) * columns, columns);
                for (var copy = token - blockTokens; copy >= 0; copy -= blockTokens)
                {
                    Echo[context.Layer][head] += weights[copy + 1];
                    Induction[context.Layer][head] += weights[copy + 2];
                }
            }
        }
    }

    private static double[][] Table(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new double[columns])];
}

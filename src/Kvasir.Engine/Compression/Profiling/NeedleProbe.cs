using Kvasir.Engine.Policies;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>
/// Watches where heads look while a needle is told (CompressKV, section 3): when a token of the needle is produced, the mass on the whole span
/// counts for each place where that token stands; by the older rule only a head whose largest weight is at that place.
/// </summary>
internal sealed class NeedleProbe(int layers, int queryHeads, int[] prompt, int start, int end) : ILayerPolicy
{
    private readonly MassQuery _query = new();
    private readonly double[] _spanMass = new double[layers * queryHeads];
    private readonly int[] _largest = new int[layers * queryHeads];

    public double[][] Semantic { get; } = [.. Enumerable.Range(0, layers).Select(_ => new double[queryHeads])];

    public double[][] Retrieval { get; } = [.. Enumerable.Range(0, layers).Select(_ => new double[queryHeads])];

    public string Name => "needle probe";

    public bool AllowsPrefixReuse => false;

    public void AskMass(int layer, ReadOnlySpan<int> positions, List<MassQuery> queries)
    {
        if (positions[^1] < prompt.Length - 1)
            return;
        _query.FirstRow = positions.Length - 1;
        _query.ReserveWeights(1, queryHeads, positions[^1] + 1);
        queries.Add(_query);
    }

    public void AfterKeysValues(in LayerContext context, LayerDecision decision)
    {
    }

    public void AfterAttention(in LayerContext context, LayerDecision decision)
    {
        if (context.Positions[^1] < prompt.Length - 1)
            return;
        for (var head = 0; head < queryHeads; head++)
        {
            var weights = _query.Weights.AsSpan(head * _query.ColumnCount, _query.ColumnCount);
            double mass = 0;
            var largest = 0;
            for (var column = 0; column < weights.Length; column++)
            {
                mass += column >= start && column < end ? weights[column] : 0;
                largest = weights[column] > weights[largest] ? column : largest;
            }

            (_spanMass[(context.Layer * queryHeads) + head], _largest[(context.Layer * queryHeads) + head]) = (mass, largest);
        }
    }

    /// <summary>The step's last row has produced a token.</summary>
    public void Produced(int token)
    {
        for (var place = start; place < end; place++)
        {
            if (prompt[place] != token)
                continue;
            for (var i = 0; i < _spanMass.Length; i++)
            {
                Semantic[i / queryHeads][i % queryHeads] += _spanMass[i];
                Retrieval[i / queryHeads][i % queryHeads] += _largest[i] == place ? 1.0 / (end - start) : 0;
            }
        }
    }
}

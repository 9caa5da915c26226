using Kvasir.KvCache.Blending;

namespace Kvasir.Engine.Tests.Blending;

/// <summary>Repairs every <paramref name="stride"/>-th reused row (0: none).</summary>
internal sealed class FixedPolicy(int stride, BlendSignals signals = BlendSignals.None, DeviationKind deviation = DeviationKind.ValueSquared) : IBlendPolicy
{
    public string Name => $"every {stride}";

    public BlendSignals Signals => signals;

    public DeviationKind Deviation => deviation;

    public int AnswerRepairs { get; init; }

    public double[]? Shares { get; init; }

    /// <summary>Deviations seen in the last choice.</summary>
    public float[] Seen { get; private set; } = [];

    public float[] Mass { get; private set; } = [];

    public int MostRepairs(int rows) => stride == 0 ? 0 : (rows + stride - 1) / stride;

    public double ShareAbove(int layer, int layers) => Shares?[layer] ?? 1;

    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        Seen = snapshot.Deviation.ToArray();
        Mass = snapshot.ColumnMass.ToArray();
        for (var i = 0; stride > 0 && i < snapshot.Rows; i += stride)
            repaired.Add(i);
    }

    public void SelectForAnswer(in AnswerSnapshot snapshot, List<int> repaired)
    {
        var first = snapshot.Deviation.IndexOfAnyExcept(0f);
        if (first >= 0)
            repaired.Add(first);
    }
}

namespace Kvasir.KvCache.Blending;

/// <summary>What <see cref="KvSharePolicy"/> ranks the rows of a prompt by; the published rule, and what each part of it gives alone.</summary>
public enum KvShareScore
{
    /// <summary>Mean attention from the queries that can see the row, times its deviation.</summary>
    MeanMassTimesDeviation,

    /// <summary>Sum of the attention instead of its mean: favours early rows, which more queries can see.</summary>
    SumMassTimesDeviation,

    /// <summary>The deviation alone.</summary>
    Deviation,

    /// <summary>The mean attention alone.</summary>
    MeanMass,
}

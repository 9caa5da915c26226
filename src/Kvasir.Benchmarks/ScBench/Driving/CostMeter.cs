using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine.Loop;

namespace Kvasir.Benchmarks.ScBench.Driving;

/// <summary>Sums what sessions should have cost, and what the engines counted.</summary>
internal sealed class CostMeter
{
    /// <summary>Keys and values written: by the shapes, and by the engines' rows.</summary>
    public (double Expected, double Counted) Written { get; private set; }

    /// <summary>Keys and values found: by the shapes, and by the engines' look-ups.</summary>
    public (double Expected, double Counted) Found { get; private set; }

    /// <summary>Tokens sampled.</summary>
    public (double Expected, double Counted) Sampled { get; private set; }

    /// <summary>Adds an engine that has done its work.</summary>
    public void Add(StageCosts expected, EngineStatus status, CostShapes shapes)
    {
        Written = (Written.Expected + expected.WrittenBytes, Written.Counted + (status.ComputedRows * shapes.BytesPerToken));
        Found = (Found.Expected + expected.FoundBytes, Found.Counted + (status.ReusedTokens * shapes.BytesPerToken));
        Sampled = (Sampled.Expected + expected.Sampled, Sampled.Counted + status.SampledTokens);
    }
}

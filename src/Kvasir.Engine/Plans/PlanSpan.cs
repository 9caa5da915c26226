namespace Kvasir.Engine.Plans;

/// <summary>A run of positions with one origin.</summary>
/// <param name="Start">First position.</param>
/// <param name="Length">Number of positions.</param>
/// <param name="Origin">Where their rows come from.</param>
public readonly record struct PlanSpan(int Start, int Length, SpanOrigin Origin)
{
    /// <summary>First position behind the span.</summary>
    public int End => Start + Length;
}

namespace Kvasir.Benchmarks.Virtual;

/// <summary>Something that was measured about contiguous KV.</summary>
/// <param name="Name">Its name, e.g. <c>virtual.criticalPathMapFraction</c>.</param>
/// <param name="Value">What came out.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Baseline">What it is compared with, in the same unit; null where there is none.</param>
/// <param name="Wanted">The bound; null where there is none.</param>
/// <param name="AtMost">Whether the bound is an upper one.</param>
public sealed record VirtualCheck(string Name, double Value, string Unit, double? Baseline = null, double? Wanted = null, bool AtMost = false)
{
    /// <summary>Whether the bound is kept; null where there is none.</summary>
    public bool? Kept => Wanted is { } wanted ? AtMost ? Value <= wanted : Value >= wanted : null;
}

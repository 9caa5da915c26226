namespace Kvasir.Benchmarks.Fusion;

/// <summary>Something that was measured.</summary>
/// <param name="Name">Its name, e.g. <c>hand.silu-gate.4096</c>.</param>
/// <param name="Value">What came out; a ratio of best times in this process unless the unit says otherwise.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Wanted">The bound; null where there is none.</param>
/// <param name="AtMost">Whether the bound is an upper one.</param>
public sealed record FusionCheck(string Name, double Value, string Unit, double? Wanted = null, bool AtMost = false)
{
    /// <summary>Whether the bound is kept; null where there is none.</summary>
    public bool? Kept => Wanted is { } wanted ? AtMost ? Value <= wanted : Value >= wanted : null;
}

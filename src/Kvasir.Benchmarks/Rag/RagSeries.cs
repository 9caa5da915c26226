namespace Kvasir.Benchmarks.Rag;

/// <summary>A line of a plot.</summary>
/// <param name="Plot">Which plot.</param>
/// <param name="Name">Name of the line.</param>
/// <param name="Points">Its points.</param>
public sealed record RagSeries(string Plot, string Name, IReadOnlyList<(double X, double Y)> Points);

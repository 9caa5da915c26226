namespace Kvasir.Benchmarks.Speed;

/// <summary>Speed of a model: middle values and the runs they come from.</summary>
/// <param name="PrefillTps">Prompt tokens a second.</param>
/// <param name="DecodeTps">Answer tokens a second.</param>
/// <param name="Runs">All timed runs.</param>
public sealed record SpeedReport(double PrefillTps, double DecodeTps, IReadOnlyList<SpeedRun> Runs);

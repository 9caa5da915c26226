namespace Kvasir.Benchmarks.Speed;

/// <summary>One timed run.</summary>
/// <param name="PrefillTps">Prompt tokens a second, up to the first token of the answer.</param>
/// <param name="DecodeTps">Answer tokens a second behind the first.</param>
/// <param name="TtftMs">Time to first token, milliseconds.</param>
public sealed record SpeedRun(double PrefillTps, double DecodeTps, double TtftMs);

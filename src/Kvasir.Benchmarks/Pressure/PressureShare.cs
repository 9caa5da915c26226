namespace Kvasir.Benchmarks.Pressure;

/// <summary>What others did to the machine while something was timed, in shares of that time. Null is unknown.</summary>
/// <param name="Seconds">The time.</param>
/// <param name="Some">Share in which at least one thread, ours or another's, waited for a processor: <c>some</c> of /proc/pressure/cpu.</param>
/// <param name="Others">Processor time of other processes for each second; 1 is one processor kept busy.</param>
/// <param name="Steal">Processor time that a hypervisor gave to others, for each second.</param>
public sealed record PressureShare(double Seconds, double? Some, double? Others, double? Steal)
{
    /// <summary>The most that others may do in a run that counts.</summary>
    public const double Limit = 0.05;

    /// <summary>
    /// The most that can have been taken from us. Others delay us only while they run, and only where somebody waits: so it is no more than
    /// either of <see cref="Others"/> and <see cref="Some"/>, which also counts what we do to ourselves. What a hypervisor takes is in neither.
    /// </summary>
    public double? FromOthers => Some is { } some && Others is { } others && Steal is { } steal ? Math.Min(some, others) + steal : null;

    /// <summary>Whether what was timed counts; null when nobody can tell.</summary>
    public bool? Valid => FromOthers is { } share ? share <= Limit : null;

    /// <summary>The same as a word.</summary>
    public string Verdict => Valid switch { true => "valid", false => "disturbed", null => "unknown" };
}

using Kvasir.Benchmarks.Limits;
using Kvasir.Benchmarks.Pressure;

namespace Kvasir.Benchmarks.Peers;

/// <summary>What came out.</summary>
public sealed record PeerReport
{
    /// <summary>The machine.</summary>
    public required MachineDescription Machine { get; init; }

    /// <summary>Its limits; null when they were not measured.</summary>
    public MachineLimits? Limits { get; init; }

    /// <summary>What others did to it while the limits were measured: too low a limit would make every fraction of it too high.</summary>
    public PressureShare? LimitsPressure { get; init; }

    /// <summary>What others did to it while engines were timed, in all.</summary>
    public required PressureShare Pressure { get; init; }

    /// <summary>Name and version of each peer that took part.</summary>
    public required IReadOnlyList<(string Name, string Version)> Peers { get; init; }

    /// <summary>What was left out, and why: peers, checks.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>What was measured.</summary>
    public required IReadOnlyList<PeerCheck> Checks { get; init; }

    /// <summary>True when it was ended before everything was measured.</summary>
    public bool Interrupted { get; init; }

    /// <summary>The verdict of the whole, of the limits and of each check: disturbed if any is, else unknown if any is.</summary>
    public bool? Valid => Judge([Pressure, .. Checks.Select(check => check.Pressure).Append(LimitsPressure).OfType<PressureShare>()]);

    private static bool? Judge(PressureShare[] shares) =>
        shares.Any(share => share.Valid == false) ? false : shares.Any(share => share.Valid is null) ? null : true;
}

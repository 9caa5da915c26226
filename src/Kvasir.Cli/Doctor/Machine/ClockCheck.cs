using System.Globalization;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Whether the clock can be right: answers, logs and receipts bear times.</summary>
internal sealed class ClockCheck() : DoctorCheck("machine", "clock")
{
    private static readonly DateTimeOffset Earliest = new(2025, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var now = context.Machine.Time.GetUtcNow();
        var found = now.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        yield return now >= Earliest && now < Latest
            ? Ok(found)
            : Warning($"{found}, which cannot be", "set the clock (timedatectl set-ntp true); certificates and times in answers depend on it");
    }
}

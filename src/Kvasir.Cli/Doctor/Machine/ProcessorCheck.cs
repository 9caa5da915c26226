using System.Globalization;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Processors, the quota of the control group, and the threads that are asked for.</summary>
internal sealed class ProcessorCheck() : DoctorCheck("machine", "processors")
{
    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var processors = context.Machine.Processors;
        var quota = new ControlGroup(context.Machine.Files).Processors;
        var threads = context.Targets.Engine.Threads ?? processors;
        var found = string.Create(
            CultureInfo.InvariantCulture, $"{processors} usable, {threads} worker threads{(quota is null ? "" : $", a quota of {quota:0.##} processors")}");
        var name = (context.Machine.Files.Read("/proc/cpuinfo") ?? "").Split('\n')
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();
        if (name is { Length: > 0 })
            found += $" ({name})";

        if (threads > processors)
            yield return Warning(found, $"more threads than processors wait for each other in every step; set --threads {processors} or fewer");
        else if (quota < threads)
            yield return Warning(found, string.Create(CultureInfo.InvariantCulture, $"the system stops all threads when the quota of a period is used up; set --threads {Math.Max(1, (int)quota)} or raise the quota"));
        else
            yield return Ok(found);
    }
}

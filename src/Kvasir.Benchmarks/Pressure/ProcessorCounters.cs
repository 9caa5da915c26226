using System.Diagnostics;
using System.Globalization;

namespace Kvasir.Benchmarks.Pressure;

/// <summary>Reads Linux's counters of processor time and of the wait for processors.</summary>
/// <param name="root">Where /proc lies; tests have one of their own.</param>
internal sealed class ProcessorCounters(string root = "/")
{
    /// <summary>Ticks of /proc are hundredths of a second for programs, whatever the kernel's own clock (USER_HZ).</summary>
    private const double TicksPerSecond = 100;

    private const double MicrosecondsPerSecond = 1e6;

    /// <summary>Reads them; null where there are none.</summary>
    /// <param name="peers">Processes beside this one that belong to the benchmark and still run.</param>
    public ProcessorReading? Read(IEnumerable<int> peers)
    {
        if (ReadText("proc/stat") is not { } stat || ReadText("proc/self/status") is not { } status)
            return null;
        var (busy, steal) = ParseStat(stat, AllowedProcessors(status));

        // Children that have ended are in this process's own counters, so nobody is counted twice.
        var own = OwnTicks("proc/self/stat", withEndedChildren: true) + peers.Sum(peer => OwnTicks(string.Create(CultureInfo.InvariantCulture, $"proc/{peer}/stat"), withEndedChildren: false));
        return new ProcessorReading(
            Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
            busy / TicksPerSecond,
            steal / TicksPerSecond,
            own / TicksPerSecond,
            ReadText("proc/pressure/cpu") is { } pressure ? ParseSome(pressure) : null);
    }

    /// <summary>The processors that this process may use, of a text like <c>Cpus_allowed_list: 0-3,8</c>; null when it is not there.</summary>
    internal static IReadOnlySet<int>? AllowedProcessors(string status)
    {
        const string Field = "Cpus_allowed_list:";
        if (status.Split('\n').FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) is not { } found)
            return null;
        var processors = new HashSet<int>();
        foreach (var range in found[Field.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
                return null;
            processors.UnionWith(Enumerable.Range(first, Math.Max(0, last - first + 1)));
        }

        return processors;
    }

    /// <summary>Busy and stolen ticks of processors: user, nice, system, interrupts; not idle, not the wait for devices.</summary>
    internal static (double Busy, double Steal) ParseStat(string stat, IReadOnlySet<int>? processors)
    {
        double busy = 0, steal = 0;
        foreach (var line in stat.Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 9 || !fields[0].StartsWith("cpu", StringComparison.Ordinal))
                continue;
            if (!int.TryParse(fields[0].AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || processors?.Contains(number) == false)
                continue;
            busy += Number(fields[1]) + Number(fields[2]) + Number(fields[3]) + Number(fields[6]) + Number(fields[7]);
            steal += Number(fields[8]);
        }

        return (busy, steal);
    }

    /// <summary>The seconds behind <c>total=</c> of the line <c>some</c>.</summary>
    internal static double? ParseSome(string pressure)
    {
        const string Total = "total=";
        var line = pressure.Split('\n').FirstOrDefault(line => line.StartsWith("some ", StringComparison.Ordinal));
        var total = line?.Split(' ').FirstOrDefault(field => field.StartsWith(Total, StringComparison.Ordinal));
        return total is not null && double.TryParse(total.AsSpan(Total.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            ? microseconds / MicrosecondsPerSecond
            : null;
    }

    /// <summary>Ticks of a process's /proc/PID/stat: user and system, with those of its ended children where wanted.</summary>
    internal static double ParseProcess(string stat, bool withEndedChildren)
    {
        // The second field is the program's name in parentheses, which may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 15 ? 0 : fields.Skip(11).Take(withEndedChildren ? 4 : 2).Sum(Number);
    }

    private static double Number(string field) => double.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private double OwnTicks(string path, bool withEndedChildren) => ReadText(path) is { } stat ? ParseProcess(stat, withEndedChildren) : 0;

    private string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using System.Globalization;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>How many files and connections the process may have open.</summary>
internal sealed class OpenFilesCheck() : DoctorCheck("machine", "open files")
{
    private const string Row = "Max open files";
    private const long Enough = 4096;
    private const long TooFew = 256;

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        // A row is: Max open files   SOFT   HARD   files. The runtime raises the soft limit to the hard one when it starts.
        var row = (context.Machine.Files.Read("/proc/self/limits") ?? "").Split('\n')
            .FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal));
        var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (!long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
        {
            yield return Ok(soft == "unlimited" ? "no limit" : "the system does not say");
            yield break;
        }

        var found = string.Create(CultureInfo.InvariantCulture, $"at most {limit:N0}");
        var advice = $"raise it to {Enough} or more: ulimit -n, or LimitNOFILE in the service's unit; every connection takes one";
        yield return limit switch
        {
            < TooFew => Problem(found, advice),
            < Enough => Warning(found, advice),
            _ => Ok(found),
        };
    }
}

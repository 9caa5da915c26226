namespace Kvasir.Cli.Doctor.Machine;

/// <summary>The limits that the process's control groups set, of both versions of Linux's control groups.</summary>
internal sealed class ControlGroup(SystemFiles files)
{
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>Above this a limit of version 1 means "none".</summary>
    private const long NoLimit = 1L << 62;

    /// <summary>The smallest memory limit of the group and those above it, bytes; null without one.</summary>
    public long? MemoryBytes => Smallest(
        Folders("").Select(folder => files.ReadNumber($"{folder}/memory.max"))
            .Concat(Folders("memory").Select(folder => files.ReadNumber($"{folder}/memory.limit_in_bytes")))
            .Where(bytes => bytes < NoLimit));

    /// <summary>The smallest share of processor time, in processors; null without a quota.</summary>
    public double? Processors => Folders("").Select(QuotaOfVersion2).Concat(Folders("cpu").Select(QuotaOfVersion1)).Min();

    private static long? Smallest(IEnumerable<long?> limits) => limits.Where(limit => limit is not null).Min();

    private static double? Quota(long? quota, long? period) => quota > 0 && period > 0 ? (double)quota / period : null;

    private double? QuotaOfVersion2(string folder)
    {
        var words = files.Read($"{folder}/cpu.max")?.Split(' ');
        return words is [var quota, var period] && long.TryParse(quota, out var q) && long.TryParse(period, out var p) ? Quota(q, p) : null;
    }

    private double? QuotaOfVersion1(string folder) =>
        Quota(files.ReadNumber($"{folder}/cpu.cfs_quota_us"), files.ReadNumber($"{folder}/cpu.cfs_period_us"));

    /// <summary>The process's group and those above it, up to the mount. Inside a container the mount itself is often the group.</summary>
    private IEnumerable<string> Folders(string controller)
    {
        var mount = controller.Length == 0 ? Mount : $"{Mount}/{controller}";
        for (var path = GroupOf(controller); path.Length > 1; path = path[..path.LastIndexOf('/')])
            yield return mount + path;
        yield return mount;
    }

    /// <summary>Lines are <c>id:controllers:path</c>; version 2 has no controllers.</summary>
    private string GroupOf(string controller)
    {
        foreach (var line in (files.Read("/proc/self/cgroup") ?? "").Split('\n'))
        {
            var parts = line.Split(':', 3);
            if (parts.Length == 3 && parts[1].Split(',').Contains(controller) && parts[2].StartsWith('/'))
                return parts[2].TrimEnd('/');
        }

        return "";
    }
}

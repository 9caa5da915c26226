namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Whether the process runs in a container.</summary>
internal sealed class ContainerCheck() : DoctorCheck("machine", "container")
{
    private static readonly string[] Marks = ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"];
    private static readonly string[] Groups = ["docker", "kubepods", "containerd", "libpod", "lxc"];

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var files = context.Machine.Files;
        var groups = files.Read("/proc/1/cgroup") ?? "";
        var sign = Marks.FirstOrDefault(files.Exists)
            ?? Groups.FirstOrDefault(name => groups.Contains(name, StringComparison.Ordinal));
        yield return sign is null ? Ok("none") : Ok($"runs in one ({sign}); the limits below are its own");
    }
}

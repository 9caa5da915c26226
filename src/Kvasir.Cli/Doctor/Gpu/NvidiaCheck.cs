namespace Kvasir.Cli.Doctor.Gpu;

/// <summary>What there is of an NVIDIA card: module, library, device nodes. Work is done on the processor either way.</summary>
internal sealed class NvidiaCheck() : DoctorCheck("gpu", "nvidia")
{
    private const string Library = "libcuda.so.1";
    private const string CpuOnly = "this version computes on the processor; a card is not used";

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var files = context.Machine.Files;
        var module = files.Read("/proc/driver/nvidia/version")?.Split('\n')[0];
        var nodes = files.List("/dev")
            .Where(name => name.StartsWith("nvidia", StringComparison.Ordinal) && name["nvidia".Length..].All(char.IsAsciiDigit) && name != "nvidia")
            .Order(StringComparer.Ordinal).ToArray();
        var library = context.Machine.CanLoad(Library);
        if (module is null && nodes.Length == 0 && !library)
        {
            yield return Ok($"none; {CpuOnly}");
            yield break;
        }

        var found = $"driver {Version(module)}, {Library} {(library ? "loads" : "does not load")}, {(nodes.Length == 0 ? "no device nodes" : string.Join(", ", nodes.Select(node => $"/dev/{node}")))}; {CpuOnly}";
        yield return module is not null && library && nodes.Length > 0
            ? Ok(found)
            : Note(found, "parts of the driver are missing; in a container start it with the NVIDIA runtime (--gpus all)");
    }

    /// <summary>The line is: NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  date.</summary>
    private static string Version(string? module) =>
        module?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => char.IsAsciiDigit(word[0]) && word.Contains('.', StringComparison.Ordinal))
        ?? "not loaded";
}

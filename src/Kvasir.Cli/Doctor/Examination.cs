using Kvasir.Cli.Doctor.Files;
using Kvasir.Cli.Doctor.Gpu;
using Kvasir.Cli.Doctor.Machine;
using Kvasir.Cli.Doctor.Network;

namespace Kvasir.Cli.Doctor;

/// <summary>All checks, in the order of the report.</summary>
internal static class Examination
{
    public static IReadOnlyList<IDoctorCheck> Checks { get; } =
    [
        new PlatformCheck(),
        new ContainerCheck(),
        new ProcessorCheck(),
        new InstructionSetCheck(),
        new MemoryCheck(),
        new HugePagesCheck(),
        new OpenFilesCheck(),
        new ClockCheck(),
        new ModelCheck(),
        new TokenizerCheck(),
        new ChatTemplateCheck(),
        new FingerprintCheck(),
        new ConfigFileCheck(),
        new FolderCheck(),
        new ListenCheck(),
        new RedisCheck(),
        new NvidiaCheck(),
    ];

    /// <summary>Runs every check.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(DoctorContext context, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        foreach (var check in Checks)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var finding in await check.RunAsync(context, cancellation).ConfigureAwait(false))
                findings.Add(finding with { Area = check.Area });
        }

        return findings;
    }
}

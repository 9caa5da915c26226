using Kvasir.Cli.Doctor;
using Kvasir.Cli.Doctor.Machine;
using Kvasir.Numerics;

namespace Kvasir.Cli.Tests.Doctor;

/// <summary>A machine whose system files are written by the test.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("kvasir-machine-").FullName;

    public FakeMachine() => Facts = new MachineFacts
    {
        Files = new SystemFiles(_root),
        Processors = 8,
        InstructionSets = [InstructionSet.Portable, InstructionSet.Avx2],
        MemoryBytes = 16L << 30,
        CanLoad = _ => false,
        FreeBytes = _ => 100L << 30,
    };

    public MachineFacts Facts { get; set; }

    public FakeMachine With(string path, string text)
    {
        var full = Path.Combine(_root, path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    /// <summary>What one check finds.</summary>
    public async Task<IReadOnlyList<Finding>> LookAsync(IDoctorCheck check, DoctorTargets? targets = null)
    {
        using var context = new DoctorContext(targets ?? new DoctorTargets(), Facts);
        return await check.RunAsync(context, CancellationToken.None);
    }

    /// <summary>The only finding of a check.</summary>
    public async Task<Finding> FindingAsync(IDoctorCheck check, DoctorTargets? targets = null) => Assert.Single(await LookAsync(check, targets));

    public void Dispose() => Directory.Delete(_root, recursive: true);
}

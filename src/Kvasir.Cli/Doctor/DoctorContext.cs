using Kvasir.Cli.Doctor.Files;
using Kvasir.Cli.Doctor.Machine;

namespace Kvasir.Cli.Doctor;

/// <summary>What checks look at: the machine, what was asked for, and the models, opened once.</summary>
internal sealed class DoctorContext(DoctorTargets targets, MachineFacts machine) : IDisposable
{
    public DoctorTargets Targets { get; } = targets;

    public MachineFacts Machine { get; } = machine;

    public IReadOnlyList<CheckedModel> Models { get; } = [.. targets.Models.Select(CheckedModel.Open)];

    public void Dispose()
    {
        foreach (var model in Models)
            model.Dispose();
    }
}

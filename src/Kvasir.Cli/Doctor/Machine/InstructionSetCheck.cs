using Kvasir.Numerics;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>Which kernels run, and whether the processor has more than this program uses.</summary>
internal sealed class InstructionSetCheck() : DoctorCheck("machine", "instruction sets")
{
    private static readonly (string Flag, InstructionSet Path)[] Flags = [("avx2", InstructionSet.Avx2), ("avx512bw", InstructionSet.Avx512)];

    protected override IEnumerable<Finding> Look(DoctorContext context)
    {
        var paths = context.Machine.InstructionSets;
        var best = context.Targets.Engine.InstructionSet ?? paths[^1];
        var found = $"kernels use {best} (possible: {string.Join(", ", paths)})";
        var unused = Unused(context.Machine);
        if (unused.Count > 0)
        {
            yield return Warning(
                $"{found}; the processor also has {string.Join(", ", unused)}",
                "this build leaves them out, or a variable DOTNET_Enable… switches them off; another build is faster (docs/packaging.md)");
        }
        else if (best == InstructionSet.Portable)
        {
            yield return Warning(found, "the processor has no AVX2: answers have the same bits, but take several times longer");
        }
        else
        {
            yield return Ok(found);
        }
    }

    private static List<string> Unused(MachineFacts machine)
    {
        var flags = (machine.Files.Read("/proc/cpuinfo") ?? "").Split('\n')
            .FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') ?? [];
        return [.. Flags.Where(known => flags.Contains(known.Flag) && !machine.InstructionSets.Contains(known.Path)).Select(known => known.Path.ToString())];
    }
}

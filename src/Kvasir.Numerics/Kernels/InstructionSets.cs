using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Kvasir.Numerics.MachineCode;

namespace Kvasir.Numerics;

/// <summary>Which kernel paths this machine has.</summary>
public static class InstructionSets
{
    /// <summary>Paths that can be forced here, slowest first.</summary>
    public static IReadOnlyList<InstructionSet> Supported { get; } = Detect();

    /// <summary>The fastest one.</summary>
    public static InstructionSet Best => Supported[^1];

    private static List<InstructionSet> Detect()
    {
        var supported = new List<InstructionSet> { InstructionSet.Portable };
        if (AdvSimd.Arm64.IsSupported)
            supported.Add(InstructionSet.AdvSimd);
        if (Avx2.IsSupported && Fma.IsSupported)
            supported.Add(InstructionSet.Avx2);
        if (Avx2.IsSupported && Fma.IsSupported && AvxVnni.IsSupported)
            supported.Add(InstructionSet.AvxVnni);
        if (Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512BW.VL.IsSupported)
            supported.Add(InstructionSet.Avx512);
        if (Avx512Code.HasVnni)
            supported.Add(InstructionSet.Avx512Vnni);
        return supported;
    }
}

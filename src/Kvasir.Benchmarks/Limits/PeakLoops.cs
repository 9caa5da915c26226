using System.Runtime.Intrinsics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>The loops that are tried; the fastest that a machine has is its limit.</summary>
internal static class PeakLoops
{
    /// <summary>Over packed 8-bit weights.</summary>
    public static IReadOnlyList<IPeakLoop> Int8 { get; } =
    [
        new PeakLoop<MultiplyAddInts128, Vector128<int>>(),
        new PeakLoop<MultiplyAddWords256, Vector256<int>>(),
        new PeakLoop<MultiplyAddBytes256, Vector256<int>>(),
        new PeakLoop<DotProductBytes256, Vector256<int>>(),
        new PeakLoop<MultiplyAddWords512, Vector512<int>>(),
        new PeakLoop<MultiplyAddBytes512, Vector512<int>>(),
        new DotProductBytes512(),
    ];

    /// <summary>Over binary32.</summary>
    public static IReadOnlyList<IPeakLoop> Float { get; } =
    [
        new PeakLoop<FusedFloats128, Vector128<float>>(),
        new PeakLoop<FusedFloats256, Vector256<float>>(),
        new PeakLoop<FusedFloats512, Vector512<float>>(),
    ];
}

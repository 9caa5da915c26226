namespace Kvasir.Numerics;

/// <summary>A path of the kernels. All give the same bits.</summary>
public enum InstructionSet
{
    /// <summary>128-bit vectors by the runtime's portable API.</summary>
    Portable,

    /// <summary>Arm's 128-bit vectors, by the same code as <see cref="Portable"/>. Compiled, not verified on hardware.</summary>
    AdvSimd,

    /// <summary>x86 with AVX2 and FMA.</summary>
    Avx2,

    /// <summary><see cref="Avx2"/> with 8-bit dot products. Compiled, not verified on hardware.</summary>
    AvxVnni,

    /// <summary>x86 with AVX-512 F, BW, DQ and VL.</summary>
    Avx512,

    /// <summary><see cref="Avx512"/> with 8-bit dot products, by machine code of our own: .NET does not expose them at this width.</summary>
    Avx512Vnni,
}

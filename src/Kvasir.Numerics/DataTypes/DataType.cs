namespace Kvasir.Numerics;

/// <summary>How the elements of a tensor are stored. The values are GGUF's <c>ggml_type</c> ids.</summary>
public enum DataType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = 1,

    /// <summary>Blocks of 32: binary16 scale, 4-bit values with offset 8.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32: binary16 scale and minimum, 4-bit values.</summary>
    Q4_1 = 3,

    /// <summary>Blocks of 32: binary16 scale, 5-bit values with offset 16.</summary>
    Q5_0 = 6,

    /// <summary>Blocks of 32: binary16 scale and minimum, 5-bit values.</summary>
    Q5_1 = 7,

    /// <summary>Blocks of 32: binary16 scale, signed 8-bit values.</summary>
    Q8_0 = 8,

    /// <summary>Super-blocks of 256: 2-bit values; 4-bit scales and minima of 16 values.</summary>
    Q2_K = 10,

    /// <summary>Super-blocks of 256: 3-bit values with offset 4; 6-bit scales of 16 values.</summary>
    Q3_K = 11,

    /// <summary>Super-blocks of 256: 4-bit values; 6-bit scales and minima of 32 values.</summary>
    Q4_K = 12,

    /// <summary>Super-blocks of 256: 5-bit values; 6-bit scales and minima of 32 values.</summary>
    Q5_K = 13,

    /// <summary>Super-blocks of 256: 6-bit values with offset 32; 8-bit scales of 16 values.</summary>
    Q6_K = 14,

    /// <summary>Blocks of 32: binary16 scale, 4-bit numbers of levels that lie closer near zero.</summary>
    IQ4_NL = 20,

    /// <summary>Super-blocks of 256: the levels of IQ4_NL; 6-bit scales of 32 values.</summary>
    IQ4_XS = 23,

    /// <summary>The upper half of binary32.</summary>
    BF16 = 30,

    /// <summary>Blocks of 32: a power of two, 4-bit floating-point values (OCP Microscaling, E2M1 and E8M0).</summary>
    MXFP4 = 39,
}

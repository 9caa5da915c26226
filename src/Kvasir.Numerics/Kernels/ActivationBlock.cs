namespace Kvasir.Numerics.Kernels;

/// <summary>32 quantised activations of a row: x = q * scale. The machine-code kernels know these offsets.</summary>
internal unsafe struct ActivationBlock
{
    public const int Bytes = 52;
    public const int ScaleOffset = 32;
    public const int SumOffset = 36;
    public const int NegativeSumsOffset = 40;

    /// <summary>q, from -127 to 127.</summary>
    public fixed sbyte Values[32];

    public float Scale;

    /// <summary>Sum of q.</summary>
    public int Sum;

    /// <summary>Sums with the sign changed: of all, of the first sixteen, of the other sixteen.</summary>
    public fixed int NegativeSums[3];

    /// <summary>The sum of the k that a minimum stands for.</summary>
    public int SumOf(int scale, int scalesPerBlock) => scalesPerBlock == 1 ? Sum : -NegativeSums[1 + scale];

    /// <summary>The negative sum of the k that a scale stands for.</summary>
    public int NegativeSum(int scale, int scalesPerBlock) => NegativeSums[scalesPerBlock == 1 ? 0 : 1 + scale];
}

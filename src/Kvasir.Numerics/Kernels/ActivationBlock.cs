namespace Kvasir.Numerics.Kernels;

/// <summary>32 quantised activations of a row: x = q * scale. The machine-code kernels know these offsets.</summary>
internal unsafe struct ActivationBlock
{
    public const int Bytes = 44;
    public const int ScaleOffset = 32;
    public const int SumOffset = 36;
    public const int NegativeSumOffset = 40;

    /// <summary>q, from -127 to 127.</summary>
    public fixed sbyte Values[32];

    public float Scale;

    /// <summary>Sum of q.</summary>
    public int Sum;

    /// <summary>The sum with its sign changed.</summary>
    public int NegativeSum;
}

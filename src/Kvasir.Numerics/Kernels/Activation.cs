namespace Kvasir.Numerics.Kernels;

/// <summary>What a feed-forward block does to its inner values.</summary>
public enum Activation : byte
{
    /// <summary>x / (1 + e^-x).</summary>
    Silu,

    /// <summary>x / 2 * (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x³))).</summary>
    GeluTanh,

    /// <summary>x / (1 + e^(-1.702 x)).</summary>
    QuickGelu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>max(x, 0)² (So et al. 2021).</summary>
    SquaredRelu,

    /// <summary>
    /// gate / (1 + e^(-1.702 gate)) * (up + 1) with the gate at most 7 and the other value between -7 and 7 (gpt-oss, 2025); gated only.
    /// </summary>
    ClampedSwiglu,
}

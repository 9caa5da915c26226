namespace Kvasir.Numerics.Kernels;

/// <summary>How a vector is normed before it is multiplied by a weight.</summary>
public enum NormKind : byte
{
    /// <summary>x / sqrt(mean(x²) + epsilon) (Zhang and Sennrich 2019).</summary>
    Rms,

    /// <summary>(x - mean(x)) / sqrt(variance(x) + epsilon), plus a bias where there is one (Ba et al. 2016).</summary>
    Layer,
}

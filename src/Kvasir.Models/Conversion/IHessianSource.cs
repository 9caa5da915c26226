namespace Kvasir.Models;

/// <summary>Second moments of the activations that matrices are multiplied with.</summary>
public interface IHessianSource
{
    /// <summary>
    /// XᵀX (any positive factor), row-major <c>[K, K]</c> and symmetric, or null when it was not measured. Matrices that read the same
    /// activations (query, key, value; gate, up) should give the same array, whose factorisation is then reused.
    /// </summary>
    float[]? Hessian(WeightRole role, int layer);
}

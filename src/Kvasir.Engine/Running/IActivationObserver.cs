using Kvasir.Models;

namespace Kvasir.Engine.Running;

/// <summary>Sees the inputs of matrix multiplications.</summary>
internal unsafe interface IActivationObserver
{
    /// <summary>Called before rows <c>[rows, width]</c> are multiplied with the matrices of <paramref name="roles"/>, which read the same input.</summary>
    void BeforeMatMul(ReadOnlySpan<WeightRole> roles, int layer, float* x, int rows, int width);
}

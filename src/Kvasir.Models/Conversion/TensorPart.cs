namespace Kvasir.Models;

/// <summary>A weight as a part of a tensor to be written.</summary>
/// <param name="Role">The weight.</param>
/// <param name="Layer">-1 for weights of no layer.</param>
/// <param name="Index">Expert or head.</param>
/// <param name="Rows">Its rows; elements of a vector.</param>
/// <param name="First">Where the expert's (or head's) rows begin in the tensor.</param>
/// <param name="Order">For each row its place behind <paramref name="First"/>; null when they keep their order.</param>
/// <param name="Form">How the tensor holds it.</param>
internal readonly record struct TensorPart(WeightRole Role, int Layer, int Index, int Rows, long First, int[]? Order, WeightForm Form)
{
    /// <summary>The tensor's row that holds row <paramref name="row"/> of the weight.</summary>
    public long Place(int row) => First + (Order?[row] ?? row);
}

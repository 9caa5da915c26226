namespace Kvasir.Models;

/// <summary>A weight as a part of what a file stores.</summary>
/// <param name="Tensor">The tensor, or the expert's part of it.</param>
/// <param name="Rows">For each row of the weight the tensor's row (or element of a vector); null when they are the same.</param>
/// <param name="Stride">Elements from one input to the next when the tensor is stored transposed; 0 otherwise.</param>
/// <param name="More">Tensors whose vectors follow the first.</param>
/// <param name="NegatedExponential">A vector v is stored as -e^v.</param>
internal sealed record StoredWeight(StoredTensor Tensor, int[]? Rows = null, int Stride = 0, IReadOnlyList<StoredTensor>? More = null, bool NegatedExponential = false);

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>What a conversion put into one type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Matrices">How many matrices.</param>
/// <param name="Weights">How many weights they have.</param>
/// <param name="RelativeError">Mean of <see cref="ConvertedTensor.RelativeError"/>.</param>
/// <param name="WeightedError">Mean of <see cref="ConvertedTensor.WeightedError"/>.</param>
public sealed record ConvertedType(DataType Type, int Matrices, long Weights, double RelativeError, double WeightedError);

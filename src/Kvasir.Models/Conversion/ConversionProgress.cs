namespace Kvasir.Models;

/// <summary>How far a conversion is.</summary>
/// <param name="Tensor">The tensor being written.</param>
/// <param name="WeightsDone">Weights written so far.</param>
/// <param name="WeightsTotal">Weights of the model.</param>
public readonly record struct ConversionProgress(string Tensor, long WeightsDone, long WeightsTotal);

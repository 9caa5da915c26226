namespace Kvasir.Models;

/// <summary>How much the errors of a matrix's columns matter.</summary>
public interface IImportanceSource
{
    /// <summary>Mean squared activations <c>[K]</c> that the matrix is multiplied with, or null when they were not measured.</summary>
    float[]? Importance(WeightRole role, int layer);
}

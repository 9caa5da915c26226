namespace Kvasir.Models;

/// <summary>Measured activation statistics by role and layer; importance is read off the diagonal where only a Hessian is known.</summary>
public sealed class ActivationStatistics : IImportanceSource, IHessianSource
{
    private readonly Dictionary<(WeightRole, int), float[]> _importance = [];
    private readonly Dictionary<(WeightRole, int), float[]> _hessians = [];

    /// <summary>Sets mean squared activations, <c>[K]</c>.</summary>
    public void SetImportance(WeightRole role, int layer, float[] meanSquares) => _importance[(role, layer)] = meanSquares;

    /// <summary>Sets XᵀX, <c>[K, K]</c>.</summary>
    public void SetHessian(WeightRole role, int layer, float[] hessian) => _hessians[(role, layer)] = hessian;

    public float[]? Importance(WeightRole role, int layer)
    {
        if (_importance.TryGetValue((role, layer), out var known))
            return known;
        if (!_hessians.TryGetValue((role, layer), out var hessian))
            return null;
        int columns = (int)Math.Round(Math.Sqrt(hessian.Length));
        var diagonal = new float[columns];
        for (int i = 0; i < columns; i++)
            diagonal[i] = hessian[(i * columns) + i];
        return diagonal;
    }

    public float[]? Hessian(WeightRole role, int layer) => _hessians.GetValueOrDefault((role, layer));
}

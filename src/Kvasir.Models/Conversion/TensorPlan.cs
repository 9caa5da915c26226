using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>A tensor that a conversion writes.</summary>
/// <param name="Name">GGUF name.</param>
/// <param name="Parts">The weights that it holds: one, or several that are fused or experts.</param>
/// <param name="Shape">As it is declared, outermost first.</param>
/// <param name="Type">Element type.</param>
/// <param name="Note">Why the type is not the one asked for, or null.</param>
internal sealed record TensorPlan(string Name, IReadOnlyList<TensorPart> Parts, long[] Shape, DataType Type, string? Note)
{
    /// <summary>The first weight's role.</summary>
    public WeightRole Role => Parts[0].Role;

    public int Layer => Parts[0].Layer;

    public bool IsMatrix => WeightShapes.IsMatrix(Role);

    /// <summary>Whether options choose the type; norms, biases, routers and learned positions are always F32.</summary>
    public bool IsFree => IsMatrix && Role is not (WeightRole.Router or WeightRole.SharedExpertGate or WeightRole.PositionEmbedding);

    public long Weights => Shape.Aggregate(1L, (a, b) => a * b);
}

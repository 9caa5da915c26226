namespace Kvasir.Models;

/// <summary>What a family's reader makes of a configuration file: the model as data, and where its weights are.</summary>
internal sealed record FamilyModel(ModelConfig Config, WeightNaming Naming)
{
    /// <summary>The folder holds other models too (<see cref="TextPart"/>).</summary>
    public bool IsPart { get; init; }
}

namespace Kvasir.Models;

/// <summary>Where a weight is in a file.</summary>
/// <param name="Pattern">The tensor's name: {0} stands for the layer, {1} for the expert or head.</param>
/// <param name="Form">How it holds the weight.</param>
internal readonly record struct WeightName(string Pattern, WeightForm Form = WeightForm.Plain)
{
    public static implicit operator WeightName(string pattern) => new(pattern);
}

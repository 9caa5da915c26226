using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>How a model is converted.</summary>
public sealed record ConversionOptions
{
    /// <summary>Type of the matrices that no rule names; null: each keeps the source's. Norms and biases are always F32.</summary>
    public DataType? Type { get; init; } = DataType.Q8_0;

    /// <summary>An adapter, read for the model, that is added to the weights; null for none.</summary>
    public AdapterFile? Adapter { get; init; }

    /// <summary>A factor beside the adapter's own.</summary>
    public float AdapterScale { get; init; } = 1;

    /// <summary>Exceptions by tensor name; the last that matches counts.</summary>
    public IReadOnlyList<TypeRule> Overrides { get; init; } = [];

    /// <summary>How values are put on the grid of a block type.</summary>
    public IBlockRounding Rounding { get; init; } = new SearchedRounding();

    /// <summary>
    /// Mean squared activations, by which reported errors and the choice of a mix are weighed; null for all alike. The rounding has its own.
    /// </summary>
    public IImportanceSource? Importance { get; init; }

    /// <summary>The model's name in the new file; the source's own when null.</summary>
    public string? Name { get; init; }

    /// <summary>Worker threads; 0 takes all processors. The file's bytes do not depend on it.</summary>
    public int Threads { get; init; }
}

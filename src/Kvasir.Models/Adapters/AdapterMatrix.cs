namespace Kvasir.Models;

/// <summary>What an adapter adds to one weight matrix: <c>y += Scale * B (A x)</c>.</summary>
public sealed record AdapterMatrix
{
    /// <summary>The matrix that is adapted.</summary>
    public required WeightRole Role { get; init; }

    /// <summary>Its layer.</summary>
    public required int Layer { get; init; }

    /// <summary>Rows of <see cref="A"/>.</summary>
    public required int Rank { get; init; }

    /// <summary>Inputs of the adapted matrix.</summary>
    public required int Inputs { get; init; }

    /// <summary>Outputs of the adapted matrix.</summary>
    public required int Outputs { get; init; }

    /// <summary>The factor that the file gives the product.</summary>
    public required float Scale { get; init; }

    /// <summary><c>[Rank, Inputs]</c>, row-major.</summary>
    public required float[] A { get; init; }

    /// <summary><c>[Outputs, Rank]</c>, row-major; rows of query and key in half-split rope order, like the matrices themselves.</summary>
    public required float[] B { get; init; }
}

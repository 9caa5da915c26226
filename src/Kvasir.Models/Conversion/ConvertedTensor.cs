using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>What a conversion did to one matrix.</summary>
/// <param name="Name">GGUF name.</param>
/// <param name="From">Type in the source.</param>
/// <param name="To">Type in the new file.</param>
/// <param name="Rows">Output features.</param>
/// <param name="Columns">Input features.</param>
/// <param name="RelativeError">Σ(w' - w)² / Σw² over the matrix, unweighted; 0 for a copy.</param>
/// <param name="WeightedError">The same with every column's mean squared activation as its weight: noise by signal at the matrix's output.</param>
/// <param name="Note">Why the type is not the one asked for, or null.</param>
public sealed record ConvertedTensor(string Name, DataType From, DataType To, int Rows, int Columns, double RelativeError, double WeightedError, string? Note)
{
    public long Weights => (long)Rows * Columns;
}

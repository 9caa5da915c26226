using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>What a matrix takes and loses in a type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Bytes">Bytes of the matrix.</param>
/// <param name="Loss">Weighted relative error.</param>
internal readonly record struct TypeStep(DataType Type, long Bytes, double Loss);

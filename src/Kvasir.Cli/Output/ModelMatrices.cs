using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Output;

/// <summary>The weight matrices of a model.</summary>
internal static class ModelMatrices
{
    /// <summary>Embedding, output unless it is tied, and every layer's matrices, without their data.</summary>
    public static IEnumerable<MatrixSource> All(ModelFile model) => model.DescribeMatrices().Select(matrix => matrix.Matrix);

    /// <summary>Bytes of all matrices as they are stored.</summary>
    public static long Bytes(ModelFile model) => All(model).Sum(matrix => matrix.RowBytes * matrix.Rows);
}

using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Output;

/// <summary>The weight matrices of a model.</summary>
internal static class ModelMatrices
{
    private static readonly WeightRole[] PerLayer =
    [
        WeightRole.Query, WeightRole.Key, WeightRole.Value, WeightRole.AttentionOutput, WeightRole.Gate, WeightRole.Up, WeightRole.Down,
    ];

    /// <summary>Embedding, output unless it is tied, and every layer's matrices, without their data.</summary>
    public static IEnumerable<MatrixSource> All(ModelFile model)
    {
        yield return model.DescribeMatrix(WeightRole.TokenEmbedding);
        if (!model.Config.TiedEmbeddings)
            yield return model.DescribeMatrix(WeightRole.Output);
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            foreach (var role in PerLayer)
                yield return model.DescribeMatrix(role, layer);
        }
    }

    /// <summary>Bytes of all matrices as they are stored.</summary>
    public static long Bytes(ModelFile model) => All(model).Sum(matrix => matrix.RowBytes * matrix.Rows);
}

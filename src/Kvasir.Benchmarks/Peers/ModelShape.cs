using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Peers;

/// <summary>A model's size as a roofline sees it. Attention is not in it: its work depends on the context, not on the weights.</summary>
/// <param name="Layers">One row through all layers: every matrix once.</param>
/// <param name="Output">One row through the output matrix.</param>
/// <param name="FileBytes">Bytes of the model's file or files.</param>
/// <param name="KvBytesPerToken">Bytes of keys and values of one token, 16 bits a number.</param>
/// <param name="VocabSize">Number of tokens.</param>
/// <param name="MaxContext">Most tokens of a sequence.</param>
public sealed record ModelShape(ModelWork Layers, ModelWork Output, long FileBytes, long KvBytesPerToken, int VocabSize, int MaxContext)
{
    private const int BytesOfHalf = 2;

    /// <summary>Of a model; the embedding counts only where it is the output matrix too, since of a table only rows are read.</summary>
    public static ModelShape Of(ModelFile model)
    {
        var config = model.Config;
        var layers = default(ModelWork);
        foreach (var (role, _, index, matrix) in model.DescribeMatrices().Where(matrix => matrix.Layer >= 0))
        {
            // A token goes through some of the experts only.
            if (role is not (WeightRole.ExpertGate or WeightRole.ExpertUp or WeightRole.ExpertDown) || index < config.Experts!.Chosen)
                layers = Add(layers, Row(matrix));
        }

        return new ModelShape(
            layers,
            Row(model.DescribeMatrix(config.TiedEmbeddings ? WeightRole.TokenEmbedding : WeightRole.Output)),
            SizeOf(model.Path),
            2L * config.Layers * config.CacheHeads * config.CacheHeadDim * BytesOfHalf,
            config.VocabSize,
            config.MaxContext);
    }

    /// <summary>A whole prompt: every row goes through the layers, the last one through the output matrix.</summary>
    public ModelWork Prefill(int tokens) => Add(Rows(Layers, tokens), Output);

    /// <summary>A step of decoding; weights are read once for all sequences.</summary>
    public ModelWork DecodeStep(int sequences) => Add(Rows(Layers, sequences), Rows(Output, sequences));

    private static ModelWork Row(MatrixSource matrix)
    {
        var operations = 2.0 * matrix.Rows * matrix.Columns;
        var quantized = matrix.Type.IsQuantized;
        return new ModelWork(matrix.RowBytes * matrix.Rows, quantized ? operations : 0, quantized ? 0 : operations);
    }

    private static ModelWork Rows(ModelWork work, int rows) => work with { Int8Operations = rows * work.Int8Operations, FloatOperations = rows * work.FloatOperations };

    private static ModelWork Add(ModelWork a, ModelWork b) =>
        new(a.Bytes + b.Bytes, a.Int8Operations + b.Int8Operations, a.FloatOperations + b.FloatOperations);

    private static long SizeOf(string path) => Directory.Exists(path)
        ? new DirectoryInfo(path).EnumerateFiles("*.safetensors").Sum(file => file.Length)
        : new FileInfo(path).Length;
}

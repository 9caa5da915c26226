using Kvasir.Compute;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>A model's weights, packed for one backend. The embedding table is read where it lies in the model file.</summary>
internal sealed class DecoderWeights : IDisposable
{
    private DecoderWeights(ModelFile model, WeightPacking packing, IComputeBackend backend)
    {
        var config = model.Config;
        Embedding = model.GetMatrix(WeightRole.TokenEmbedding);
        if (config.LearnedPositions)
            Positions = model.GetMatrix(WeightRole.PositionEmbedding);
        EmbeddingNorm = NormWeights.Read(packing, WeightRole.EmbeddingNorm, WeightRole.EmbeddingNormBias, -1);
        if (config.EmbeddingSize > 0)
        {
            EmbeddingProjection = packing.Stack(-1, WeightRole.EmbeddingProjection);
            OutputProjection = packing.Stack(-1, WeightRole.OutputProjection);
        }

        Layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new LayerWeights(packing, layer))];
        OutputNorm = NormWeights.Read(packing, WeightRole.OutputNorm, WeightRole.OutputNormBias, -1);
        if (config.Alibi)
            Slopes = packing.Upload(Array.ConvertAll(AlibiSlopes.For(config.QueryHeads), slope => slope * config.AlibiScale));
        if (config.Encoder is { TokenTypes: > 0 })
            TokenTypes = model.GetMatrix(WeightRole.TokenTypeEmbedding);
        if (config.Encoder is { PredictsTokens: false })
            return;
        if (config.Encoder is not null)
            Head = new HeadWeights(packing);
        Output = backend.Pack([config.TiedEmbeddings ? Embedding : model.GetMatrix(WeightRole.Output)]);
        model.Release(WeightRole.Output);
        OutputBias = packing.MaybeVector(WeightRole.OutputBias, -1);
    }

    /// <summary>Token embedding <c>[vocabulary, hidden]</c>, in the mapped file.</summary>
    public MatrixSource Embedding { get; }

    /// <summary>Learned positions <c>[context + offset, hidden]</c>, in the mapped file, or null.</summary>
    public MatrixSource? Positions { get; }

    /// <summary>Learned vectors of the kinds of tokens <c>[types, hidden]</c>, in the mapped file, or null.</summary>
    public MatrixSource? TokenTypes { get; }

    public NormWeights? EmbeddingNorm { get; }

    /// <summary><c>[hidden, embedding]</c>, or null.</summary>
    public PackedMatrix? EmbeddingProjection { get; }

    /// <summary><c>[embedding, hidden]</c>, or null.</summary>
    public PackedMatrix? OutputProjection { get; }

    public IReadOnlyList<LayerWeights> Layers { get; }

    /// <summary>Norm before the output projection, or null.</summary>
    public NormWeights? OutputNorm { get; }

    /// <summary>How fast each query head's scores fall with the distance, <c>[queryHeads]</c>, or null.</summary>
    public NativeBuffer? Slopes { get; }

    /// <summary>What an encoder has before the output projection, or null.</summary>
    public HeadWeights? Head { get; }

    /// <summary>Output projection <c>[vocabulary, hidden]</c>; null for an encoder that predicts no tokens.</summary>
    public PackedMatrix? Output { get; }

    /// <summary><c>[vocabulary]</c>, or null.</summary>
    public NativeBuffer? OutputBias { get; }

    /// <summary>All matrices.</summary>
    public IEnumerable<PackedMatrix> Matrices => Layers.SelectMany(layer => layer.Matrices)
        .Concat(Head is null ? [] : [Head.Dense])
        .Concat(Output is null ? [] : [Output]);

    /// <summary>Packs the weights of <paramref name="model"/>, which must stay open while they are used.</summary>
    public static DecoderWeights Pack(ModelFile model, IComputeBackend backend) => new(model, new WeightPacking(model, backend), backend);

    public void Dispose()
    {
        EmbeddingNorm?.Dispose();
        EmbeddingProjection?.Dispose();
        OutputProjection?.Dispose();
        foreach (var layer in Layers)
            layer.Dispose();
        OutputNorm?.Dispose();
        Slopes?.Dispose();
        Head?.Dispose();
        Output?.Dispose();
        OutputBias?.Dispose();
    }
}

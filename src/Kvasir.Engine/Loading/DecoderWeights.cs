using Kvasir.Compute;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>A decoder's weights, packed for one backend. The embedding table is read where it lies in the model file.</summary>
internal sealed class DecoderWeights : IDisposable
{
    private DecoderWeights(MatrixSource embedding, LayerWeights[] layers, NativeBuffer outputNorm, PackedMatrix output)
    {
        Embedding = embedding;
        Layers = layers;
        OutputNorm = outputNorm;
        Output = output;
    }

    /// <summary>Token embedding <c>[vocabulary, hidden]</c>, in the mapped file.</summary>
    public MatrixSource Embedding { get; }

    public IReadOnlyList<LayerWeights> Layers { get; }

    /// <summary>Norm before the output projection <c>[hidden]</c>.</summary>
    public NativeBuffer OutputNorm { get; }

    /// <summary>Output projection <c>[vocabulary, hidden]</c>.</summary>
    public PackedMatrix Output { get; }

    /// <summary>Packs the weights of <paramref name="model"/>, which must stay open while they are used.</summary>
    public static DecoderWeights Pack(ModelFile model, IComputeBackend backend)
    {
        var config = model.Config;
        var layers = new LayerWeights[config.Layers];
        for (var layer = 0; layer < layers.Length; layer++)
        {
            layers[layer] = new LayerWeights
            {
                AttentionNorm = Vector(model, backend, WeightRole.AttentionNorm, layer),
                QueryKeyValue = Stack(model, backend, layer, WeightRole.Query, WeightRole.Key, WeightRole.Value),
                QueryKeyValueBias = StackBias(model, backend, layer, WeightRole.QueryBias, WeightRole.KeyBias, WeightRole.ValueBias),
                AttentionOutput = Stack(model, backend, layer, WeightRole.AttentionOutput),
                AttentionOutputBias = StackBias(model, backend, layer, WeightRole.AttentionOutputBias),
                FeedForwardNorm = Vector(model, backend, WeightRole.FeedForwardNorm, layer),
                GateUp = Stack(model, backend, layer, WeightRole.Gate, WeightRole.Up),
                GateUpBias = StackBias(model, backend, layer, WeightRole.GateBias, WeightRole.UpBias),
                Down = Stack(model, backend, layer, WeightRole.Down),
                DownBias = StackBias(model, backend, layer, WeightRole.DownBias),
            };
        }

        var embedding = model.GetMatrix(WeightRole.TokenEmbedding);
        var output = config.TiedEmbeddings ? embedding : model.GetMatrix(WeightRole.Output);
        var packed = backend.Pack([output]);
        model.Release(WeightRole.Output);
        return new DecoderWeights(embedding, layers, Vector(model, backend, WeightRole.OutputNorm, -1), packed);
    }

    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
        OutputNorm.Dispose();
        Output.Dispose();
    }

    private static PackedMatrix Stack(ModelFile model, IComputeBackend backend, int layer, params ReadOnlySpan<WeightRole> roles)
    {
        var sources = new MatrixSource[roles.Length];
        for (var i = 0; i < sources.Length; i++)
            sources[i] = model.GetMatrix(roles[i], layer);
        var packed = backend.Pack(sources);

        // The file's copy is not read again: packing must not double what the process takes.
        foreach (var role in roles)
            model.Release(role, layer);
        return packed;
    }

    private static NativeBuffer? StackBias(ModelFile model, IComputeBackend backend, int layer, params ReadOnlySpan<WeightRole> roles)
    {
        if (!model.Has(roles[0], layer))
            return null;
        var values = new List<float>();
        foreach (var role in roles)
            values.AddRange(model.GetVector(role, layer));
        return Upload(backend, values.ToArray());
    }

    private static NativeBuffer Vector(ModelFile model, IComputeBackend backend, WeightRole role, int layer) =>
        Upload(backend, model.GetVector(role, layer));

    private static NativeBuffer Upload(IComputeBackend backend, float[] values)
    {
        var buffer = backend.Allocate((nuint)values.Length * sizeof(float));
        values.CopyTo(buffer.AsSpan<float>());
        return buffer;
    }
}

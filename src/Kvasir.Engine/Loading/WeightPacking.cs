using Kvasir.Compute;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>Brings weights from a model file to a backend. What it makes is the caller's.</summary>
internal sealed class WeightPacking(ModelFile model, IComputeBackend backend)
{
    public ModelConfig Config => model.Config;

    /// <summary>Matrices of a layer (-1: of the model), stacked.</summary>
    public PackedMatrix Stack(int layer, params ReadOnlySpan<WeightRole> roles) => StackAt(layer, 0, roles);

    /// <summary>Matrices of one expert or head of a layer, stacked.</summary>
    public PackedMatrix StackAt(int layer, int index, params ReadOnlySpan<WeightRole> roles)
    {
        var sources = new MatrixSource[roles.Length];
        for (var i = 0; i < sources.Length; i++)
            sources[i] = model.GetMatrix(roles[i], layer, index);
        var packed = backend.Pack(sources);

        // The file's copy is not read again: packing must not double what the process takes.
        foreach (var role in roles)
            model.Release(role, layer, index);
        return packed;
    }

    /// <summary>The matrix of every expert or head of a layer.</summary>
    public PackedMatrix[] Each(WeightRole role, int layer, int count) =>
        [.. Enumerable.Range(0, count).Select(index => StackAt(layer, index, role))];

    /// <summary>A vector.</summary>
    public NativeBuffer Vector(WeightRole role, int layer) => Upload(model.GetVector(role, layer));

    /// <summary>A vector, or null when the model has none.</summary>
    public NativeBuffer? MaybeVector(WeightRole role, int layer) => model.Has(role, layer) ? Vector(role, layer) : null;

    /// <summary>Vectors that follow one another, zeros for those that the model has not; null when it has none of them.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="index">Expert.</param>
    /// <param name="vectors">Roles and lengths.</param>
    public NativeBuffer? MaybeStack(int layer, int index, params ReadOnlySpan<(WeightRole Role, int Length)> vectors)
    {
        var values = new List<float>();
        var any = false;
        foreach (var (role, length) in vectors)
        {
            var has = model.Has(role, layer);
            values.AddRange(has ? model.GetVector(role, layer, index) : new float[length]);
            any |= has;
        }

        return any ? Upload([.. values]) : null;
    }

    /// <summary>Values in the backend's memory.</summary>
    public NativeBuffer Upload(float[] values)
    {
        var buffer = backend.Allocate((nuint)values.Length * sizeof(float));
        values.CopyTo(buffer.AsSpan<float>());
        return buffer;
    }

    /// <summary>A vector as it is in the file.</summary>
    public float[] Values(WeightRole role, int layer) => model.GetVector(role, layer);
}

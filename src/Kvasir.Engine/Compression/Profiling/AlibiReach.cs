using System.Numerics;
using Kvasir.Engine.Loading;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Models;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>
/// Reads from a model's weights how far its heads can see (<see cref="AlibiScopes"/>). Projections with a bias are those of a vector with a one behind it;
/// the published formula knows none.
/// </summary>
internal static class AlibiReach
{
    /// <summary>Measures a model; null when its scores do not fall with the distance, or its attention has no norm in front.</summary>
    public static AlibiScopes? Of(ModelFile model)
    {
        var config = model.Config;
        if (!config.Alibi || !model.Has(WeightRole.AttentionNorm, 0) || config.Latent is not null)
            return null;
        var (content, bound) = (new double[config.Layers][], new double[config.Layers][]);
        for (var layer = 0; layer < config.Layers; layer++)
            (content[layer], bound[layer]) = OfLayer(model, layer);
        return new AlibiScopes
        {
            KvHeads = config.KvHeads,
            Slopes = [.. AlibiSlopes.For(config.QueryHeads).Select(slope => (double)slope * config.AlibiScale)],
            Content = content,
            Bound = bound,
        };
    }

    private static (double[] Content, double[] Bound) OfLayer(ModelFile model, int layer)
    {
        var config = model.Config;
        var queries = Grams(model, WeightRole.Query, WeightRole.QueryBias, layer, config.QueryHeads);
        var keys = Grams(model, WeightRole.Key, WeightRole.KeyBias, layer, config.KvHeads);
        var weight = model.GetVector(WeightRole.AttentionNorm, layer);
        var bias = model.Has(WeightRole.AttentionNormBias, layer) ? model.GetVector(WeightRole.AttentionNormBias, layer) : [];
        var one = model.Has(WeightRole.QueryBias, layer) || model.Has(WeightRole.KeyBias, layer) ? 1.0 : 0;

        // A normed vector has the length √n before the weights, and is longest when all of it meets the largest.
        var published = Squares(weight) + Squares(bias) + one;
        var longest = Math.Pow((Math.Sqrt(weight.Length) * weight.Max(Math.Abs)) + Math.Sqrt(Squares(bias)), 2) + one;
        var norms = new double[config.QueryHeads];
        Parallel.For(0, norms.Length, head => norms[head] = Norm(queries[head], keys[head / (config.QueryHeads / config.KvHeads)], config.HeadDim));
        return ([.. norms.Select(norm => norm * published * config.AlibiScale)], [.. norms.Select(norm => norm * longest * config.ScoreScale(layer))]);
    }

    /// <summary>W Wᵀ of every head, <c>[headDim, headDim]</c> each.</summary>
    private static double[][] Grams(ModelFile model, WeightRole matrix, WeightRole bias, int layer, int heads)
    {
        var dim = model.Config.HeadDim;
        var weights = model.ReadMatrix(matrix, layer);
        var biases = model.Has(bias, layer) ? model.GetVector(bias, layer) : new float[heads * dim];
        var columns = weights.Length / (heads * dim);
        var grams = new double[heads][];
        Parallel.For(0, heads, head =>
        {
            var gram = grams[head] = new double[dim * dim];
            for (var i = 0; i < dim; i++)
            {
                for (var j = 0; j <= i; j++)
                    gram[(i * dim) + j] = gram[(j * dim) + i] = Dot(Row(head, i), Row(head, j)) + ((double)biases[(head * dim) + i] * biases[(head * dim) + j]);
            }
        });
        return grams;

        ReadOnlySpan<float> Row(int head, int row) => weights.AsSpan(((head * dim) + row) * columns, columns);
    }

    /// <summary>‖W_Qᵀ W_K‖: its square is the largest eigenvalue of W_Q W_Qᵀ · W_K W_Kᵀ, which a root of the first factor makes symmetric.</summary>
    private static double Norm(double[] queries, double[] keys, int dim)
    {
        var (values, vectors) = SymmetricEigen.Decompose(queries, dim);
        var root = new double[dim * dim];
        for (var i = 0; i < dim; i++)
        {
            for (var d = 0; d < dim; d++)
                root[(i * dim) + d] = Math.Sqrt(Math.Max(0, values[i])) * vectors[(i * dim) + d];
        }

        var half = Times(root, keys, dim, transposed: false);
        return Math.Sqrt(Math.Max(0, SymmetricEigen.Decompose(Times(half, root, dim, transposed: true), dim).Values[0]));
    }

    private static double[] Times(double[] a, double[] b, int n, bool transposed)
    {
        var product = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                for (var k = 0; k < n; k++)
                    product[(i * n) + j] += a[(i * n) + k] * (transposed ? b[(j * n) + k] : b[(k * n) + j]);
            }
        }

        return product;
    }

    private static double Squares(float[] values) => values.Sum(value => (double)value * value);

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sums = Vector<double>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out var lowA, out var highA);
            Vector.Widen(new Vector<float>(b[i..]), out var lowB, out var highB);
            sums += (lowA * lowB) + (highA * highB);
        }

        var sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}

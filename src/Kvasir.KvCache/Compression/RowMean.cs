using System.Numerics;

namespace Kvasir.KvCache.Compression;

/// <summary>Mean of keys and values, kept up to date row by row in binary64.</summary>
public sealed class RowMean
{
    private readonly double[] _key;
    private readonly double[] _value;

    /// <summary>Of no rows.</summary>
    /// <param name="headDim">Dimensions.</param>
    public RowMean(int headDim)
    {
        _key = new double[headDim];
        _value = new double[headDim];
    }

    /// <summary>Weight of what was added: the number of rows, when each has weight 1.</summary>
    public double Weight { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Add(ReadOnlySpan<float> key, ReadOnlySpan<float> value, double weight = 1)
    {
        Weight += weight;
        Add(key[.._key.Length], weight, _key);
        Add(value[.._value.Length], weight, _value);
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        Weight = 0;
        Array.Clear(_key);
        Array.Clear(_value);
    }

    /// <summary>The mean of the keys.</summary>
    public float[] Key() => Divide(_key);

    /// <summary>The mean of the values.</summary>
    public float[] Value() => Divide(_value);

    private static void Add(ReadOnlySpan<float> row, double weight, double[] sums)
    {
        var factor = new Vector<double>(weight);
        var d = 0;
        for (; d <= sums.Length - Vector<float>.Count; d += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(row[d..]), out var low, out var high);
            (new Vector<double>(sums, d) + (factor * low)).CopyTo(sums, d);
            (new Vector<double>(sums, d + Vector<double>.Count) + (factor * high)).CopyTo(sums, d + Vector<double>.Count);
        }

        for (; d < sums.Length; d++)
            sums[d] += weight * row[d];
    }

    private float[] Divide(double[] sums)
    {
        var mean = new float[sums.Length];
        for (var d = 0; d < mean.Length; d++)
            mean[d] = (float)(sums[d] / Weight);
        return mean;
    }
}

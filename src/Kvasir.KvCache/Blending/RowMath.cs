using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kvasir.KvCache.Blending;

/// <summary>
/// Arithmetic over rows: eight lanes wherever it runs, products and sums rounded one by one, so that the same rows give the same bits on every
/// machine.
/// </summary>
internal static class RowMath
{
    private const int Lanes = 8;

    /// <summary>to = a - b, over the elements of <paramref name="to"/>.</summary>
    public static void Subtract(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> to)
    {
        Require(a.Length >= to.Length && b.Length >= to.Length);
        var i = 0;
        for (; i <= to.Length - Lanes; i += Lanes)
            (Load(a, i) - Load(b, i)).StoreUnsafe(ref MemoryMarshal.GetReference(to), (nuint)i);
        for (; i < to.Length; i++)
            to[i] = a[i] - b[i];
    }

    /// <summary>to += weight * offset.</summary>
    public static void Add(Span<float> to, ReadOnlySpan<float> offset, float weight)
    {
        Require(offset.Length >= to.Length);
        var weights = Vector256.Create(weight);
        var i = 0;
        for (; i <= to.Length - Lanes; i += Lanes)
            (Load(to, i) + (weights * Load(offset, i))).StoreUnsafe(ref MemoryMarshal.GetReference(to), (nuint)i);
        for (; i < to.Length; i++)
            to[i] += weight * offset[i];
    }

    /// <summary>to += weights * offset, element by element.</summary>
    public static void Add(Span<float> to, ReadOnlySpan<float> offset, ReadOnlySpan<float> weights)
    {
        Require(offset.Length >= to.Length && weights.Length >= to.Length);
        var i = 0;
        for (; i <= to.Length - Lanes; i += Lanes)
            (Load(to, i) + (Load(weights, i) * Load(offset, i))).StoreUnsafe(ref MemoryMarshal.GetReference(to), (nuint)i);
        for (; i < to.Length; i++)
            to[i] += weights[i] * offset[i];
    }

    /// <summary>Sum of (a - b)², over as many elements as <paramref name="a"/> has.</summary>
    public static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Require(b.Length >= a.Length);
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Lanes; i += Lanes)
        {
            var difference = Load(a, i) - Load(b, i);
            sums += difference * difference;
        }

        var sum = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
            sum += sums[lane];
        for (; i < a.Length; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    /// <summary>Sum of |a - b|.</summary>
    public static double AbsoluteDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Require(b.Length >= a.Length);
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Lanes; i += Lanes)
            sums += Vector256.Abs(Load(a, i) - Load(b, i));
        var sum = 0.0;
        for (var lane = 0; lane < Lanes; lane++)
            sum += sums[lane];
        for (; i < a.Length; i++)
            sum += MathF.Abs(a[i] - b[i]);
        return sum;
    }

    /// <summary>to += (a - b)², element by element.</summary>
    public static void AddSquaredDifference(Span<float> to, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Require(a.Length >= to.Length && b.Length >= to.Length);
        var i = 0;
        for (; i <= to.Length - Lanes; i += Lanes)
        {
            var difference = Load(a, i) - Load(b, i);
            (Load(to, i) + (difference * difference)).StoreUnsafe(ref MemoryMarshal.GetReference(to), (nuint)i);
        }

        for (; i < to.Length; i++)
            to[i] += (a[i] - b[i]) * (a[i] - b[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ReadOnlySpan<float> span, int index) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(span), (nuint)index);

    private static void Require(bool fits)
    {
        if (!fits)
            throw new ArgumentException("the rows differ in length");
    }
}

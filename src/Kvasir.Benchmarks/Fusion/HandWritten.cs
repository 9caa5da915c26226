using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>
/// What one would write instead of a chain: a loop over 512-bit vectors for each. (Without AVX-512 the runtime does each vector in parts.)
/// Lengths are multiples of 16.
/// </summary>
internal static unsafe class HandWritten
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleShift(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            ((Vector512.Load(a + i) * Vector512.Create(1.7f)) + Vector512.Create(0.3f)).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SiluGate(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            (Silu(Vector512.Load(a + i)) * Vector512.Load(b + i)).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BiasRelu(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            Larger((Vector512.Load(a + i) * Vector512.Create(1.7f)) + Vector512.Load(b + i), Vector512.Create(0f)).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Half(float* a, float* b, float* y, long count)
    {
        var halves = (short*)a;
        for (long i = 0; i < count; i += 16)
        {
            var v = Half16.Widen(Vector512.WidenLower(Vector256.Load(halves + i).ToVector512Unsafe()));
            Larger((v * Vector512.Create(1.7f)) + Vector512.Create(0.3f), Vector512.Create(-2f)).Store(y + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Six(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            Six(Vector512.Load(a + i)).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Eight(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            (Silu(Six(Vector512.Load(a + i))) + Vector512.Load(b + i)).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Twelve(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            Six(Six(Vector512.Load(a + i))).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* a, float* b, float* y, long count)
    {
        for (long i = 0; i < count; i += 16)
            (Vector512.Load(a + i) + Vector512.Load(b + i)).Store(a + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Six(Vector512<float> v)
    {
        v = ((v * Vector512.Create(1.7f)) + Vector512.Create(0.3f)) * Vector512.Create(0.5f);
        return Larger(v - Vector512.Create(0.2f), Vector512.Create(-2f)) + Vector512.Create(0.25f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Larger(Vector512<float> a, Vector512<float> b) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Silu(Vector512<float> v)
    {
        var x = Vector512.Create(0f) - v;
        var (lowest, highest, one) = (Vector512.Create(-87.33654f), Vector512.Create(88.37626f), Vector512.Create(1f));
        var clamped = Vector512.ConditionalSelect(
            Vector512.LessThan(highest, x), highest, Vector512.ConditionalSelect(Vector512.LessThan(x, lowest), lowest, x));
        var shift = Vector512.Create(12582912f);
        var shifted = Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.44269504f), shift);
        var n = shifted - shift;
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693145752f), clamped);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.42860677e-6f), r);
        var p = Vector512.FusedMultiplyAdd(r, Vector512.Create(1.3888889e-3f), Vector512.Create(8.3333333e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1666667e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666667e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, one);
        p = Vector512.FusedMultiplyAdd(p, r, one);
        var power = ((shifted.AsInt32() << 23) + Vector512.Create(0x3F80_0000)).AsSingle();
        return v / (one + Vector512.ConditionalSelect(Vector512.LessThan(x, lowest), Vector512<float>.Zero, p * power));
    }
}

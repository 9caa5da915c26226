using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Tests.Lanes;

/// <summary>Every lane operation of every width against the scalar one. Wide types also run where the hardware only emulates them.</summary>
public sealed unsafe class LanesTests
{
    private static readonly float[] Special =
    [
        0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, float.MaxValue, float.MinValue, float.PositiveInfinity,
        float.NegativeInfinity, float.NaN, 88.5f, -87.5f, 0.5f, 3.14159274f,
    ];

    [Fact]
    public void Lanes1_EqualsScalars() => CheckAll<Lanes1>();

    [Fact]
    public void Lanes128_EqualScalars() => CheckAll<Lanes128>();

    [Fact]
    public void Lanes256_EqualScalars() => CheckAll<Lanes256>();

    [Fact]
    public void Lanes512_EqualScalars() => CheckAll<Lanes512>();

    private static void CheckAll<T>()
        where T : unmanaged, ILanes<T>
    {
        var random = new Random(11);
        float* a = stackalloc float[16];
        float* b = stackalloc float[16];
        float* c = stackalloc float[16];
        float* r = stackalloc float[16];
        using var buffer = new NativeBuffer(64);
        float* streamed = (float*)buffer.Pointer;
        for (int round = 0; round < 500; round++)
        {
            for (int i = 0; i < 16; i++)
            {
                a[i] = Draw(random, round);
                b[i] = Draw(random, round);
                c[i] = Draw(random, round);
            }

            var (va, vb, vc) = (T.Load(a), T.Load(b), T.Load(c));
            Check(va + vb, i => a[i] + b[i], r, "+");
            Check(va - vb, i => a[i] - b[i], r, "-");
            Check(va * vb, i => a[i] * b[i], r, "*");
            Check(va / vb, i => a[i] / b[i], r, "/");
            Check(T.Fma(va, vb, vc), i => MathF.FusedMultiplyAdd(a[i], b[i], c[i]), r, "fma");
            Check(T.Max(va, vb), i => a[i] > b[i] ? a[i] : b[i], r, "max");
            Check(T.SelectLess(va, vb, vc, va), i => a[i] < b[i] ? c[i] : a[i], r, "select");
            Check(T.Broadcast(a[3]), _ => a[3], r, "broadcast");
            T.StoreStreaming(va, streamed);
            Check(T.Load(streamed), i => a[i], r, "streaming store");
            Check(Elementary.Exp(va), i => Elementary.Exp(a[i]), r, "exp");
            Check(Elementary.Silu(va), i => Elementary.Silu(a[i]), r, "silu");
        }

        ushort* halves = stackalloc ushort[16];
        for (int first = 0; first < 65536; first += T.Count)
        {
            for (int i = 0; i < 16; i++)
                halves[i] = (ushort)(first + i);
            Check(T.LoadHalf(halves), i => Float16.ToSingle(halves[i]), r, "half");
            Check(T.LoadBFloat(halves), i => BFloat16.ToSingle(halves[i]), r, "bfloat");
        }

        sbyte* bytes = stackalloc sbyte[16];
        for (int first = -128; first < 128; first += T.Count)
        {
            for (int i = 0; i < 16; i++)
                bytes[i] = (sbyte)(first + i);
            Check(T.LoadSByte(bytes), i => bytes[i], r, "sbyte");
            Check(T.LoadByte((byte*)bytes), i => (byte)bytes[i], r, "byte");
        }

        for (int i = 0; i < 16; i++)
            a[i] = 12582912f + ((i * 16) - 126);
        Check(T.PowerOfTwo(T.Load(a)), i => MathF.ScaleB(1f, (i * 16) - 126), r, "power of two");
    }

    private static void Check<T>(T actual, Func<int, float> expected, float* scratch, string operation)
        where T : unmanaged, ILanes<T>
    {
        T.Store(actual, scratch);
        for (int i = 0; i < T.Count; i++)
        {
            float want = expected(i);
            if (float.IsNaN(want))
                Assert.True(float.IsNaN(scratch[i]), $"{operation}, lane {i}: {scratch[i]:R} instead of NaN");
            else
                Assert.True(BitConverter.SingleToInt32Bits(want) == BitConverter.SingleToInt32Bits(scratch[i]), $"{operation}, lane {i}: {scratch[i]:R} instead of {want:R}");
        }
    }

    private static float Draw(Random random, int round) => (round % 3) switch
    {
        0 => Special[random.Next(Special.Length)],
        1 => (random.NextSingle() - 0.5f) * 200f,
        _ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
    };
}

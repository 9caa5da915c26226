using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Activations quantised for the integer kernels: per row and block of 32, from that row alone, <c>d = max|x| / 127</c> and
/// <c>q = round-half-even(x * (1 / d))</c>. Grows when needed; reused from call to call.
/// </summary>
internal sealed unsafe class ActivationBlocks : IDisposable
{
    private const float SmallestNormal = 1.17549435e-38f;

    private NativeBuffer _memory = new(0);
    private int _capacityRows;
    private int _capacityBlocks;

    /// <summary>Blocks a row.</summary>
    public int Blocks { get; private set; }

    /// <summary>Signed bytes <c>[rows, blocks, 32]</c>.</summary>
    public sbyte* Bytes { get; private set; }

    /// <summary>The same as 16-bit values, each group of four ordered k0 k2 k1 k3: <c>[rows, blocks, 32]</c>.</summary>
    public short* Words { get; private set; }

    /// <summary>Scales <c>[rows, blocks]</c>.</summary>
    public float* Scales { get; private set; }

    /// <summary>Sums of q <c>[rows, blocks]</c>.</summary>
    public int* Sums { get; private set; }

    public void Resize(int rows, int blocks)
    {
        if (rows > _capacityRows || blocks > _capacityBlocks)
        {
            _capacityRows = Math.Max(rows, _capacityRows);
            _capacityBlocks = Math.Max(blocks, _capacityBlocks);
            _memory.Dispose();
            var all = (nuint)_capacityRows * (nuint)_capacityBlocks;
            _memory = new NativeBuffer(all * (32 + 64 + sizeof(float) + sizeof(int)));
        }

        var capacity = (long)_capacityRows * _capacityBlocks;
        Blocks = blocks;
        Bytes = (sbyte*)_memory.Pointer;
        Words = (short*)(_memory.Pointer + (capacity * 32));
        Scales = (float*)(_memory.Pointer + (capacity * 96));
        Sums = (int*)(_memory.Pointer + (capacity * 100));
    }

    /// <summary>Quantises one row of <c>32 * Blocks</c> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Quantize(float* x, int row)
    {
        for (var block = 0; block < Blocks; block++)
        {
            var at = ((long)row * Blocks) + block;
            QuantizeBlock(x + (block * 32), Bytes + (at * 32), Words + (at * 32), out Scales[at], out Sums[at]);
        }
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>
    /// A block with a value that is not finite gets the scale NaN, so that whatever is computed from it shows; one whose scale would be
    /// subnormal (1 / d might overflow) counts as zeros.
    /// </summary>
    private static void QuantizeBlock(float* x, sbyte* bytes, short* words, out float scale, out int sum)
    {
        // Magnitudes compare as integers, and NaN is above all: the result does not depend on the order.
        var largest = Vector128<int>.Zero;
        for (var k = 0; k < 32; k += 4)
            largest = Vector128.Max(largest, Vector128.Load(x + k).AsInt32() & Vector128.Create(int.MaxValue));
        var bits = Math.Max(Math.Max(largest[0], largest[1]), Math.Max(largest[2], largest[3]));
        scale = bits < 0x7F80_0000 ? BitConverter.Int32BitsToSingle(bits) / 127 : float.NaN;
        if (!(scale >= SmallestNormal))
        {
            new Span<sbyte>(bytes, 32).Clear();
            new Span<short>(words, 32).Clear();
            sum = 0;
            return;
        }

        var inverse = Vector128.Create(1 / scale);
        var sums = Vector128<int>.Zero;
        for (var k = 0; k < 32; k += 16)
        {
            var q0 = Round(Vector128.Load(x + k) * inverse);
            var q1 = Round(Vector128.Load(x + k + 4) * inverse);
            var q2 = Round(Vector128.Load(x + k + 8) * inverse);
            var q3 = Round(Vector128.Load(x + k + 12) * inverse);
            sums += q0 + q1 + (q2 + q3);
            var low = Vector128.Narrow(q0, q1);
            var high = Vector128.Narrow(q2, q3);
            Vector128.Narrow(low, high).Store(bytes + k);
            Vector128.Shuffle(low, Vector128.Create(0, 2, 1, 3, 4, 6, 5, 7)).Store(words + k);
            Vector128.Shuffle(high, Vector128.Create(0, 2, 1, 3, 4, 6, 5, 7)).Store(words + k + 8);
        }

        sum = sums[0] + sums[1] + (sums[2] + sums[3]);
    }

    /// <summary>Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits; |x * (1 / d)| is at most 127.00002.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(Vector128<float> scaled) =>
        (scaled + Vector128.Create(12582912f)).AsInt32() - Vector128.Create(0x4B40_0000);
}

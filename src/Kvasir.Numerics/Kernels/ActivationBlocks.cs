using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Activations quantised for the integer kernels: per row and block of 32, from that row alone, <c>d = max|x| / 127</c> and
/// <c>q = round-half-even(x * (1 / d))</c>. Grows when needed; reused from call to call.
/// </summary>
internal sealed unsafe class ActivationBlocks(bool words) : IDisposable
{
    private const float SmallestNormal = 1.17549435e-38f;

    private NativeBuffer _memory = new(0);
    private long _capacity;

    /// <summary>Blocks a row.</summary>
    public int Blocks { get; private set; }

    /// <summary>The blocks <c>[rows, Blocks]</c>.</summary>
    public ActivationBlock* Data { get; private set; }

    /// <summary>The values again in 16 bits, each group of four ordered k0 k2 k1 k3: <c>[rows, Blocks, 32]</c>; null unless asked for.</summary>
    public short* Words { get; private set; }

    public void Resize(int rows, int blocks)
    {
        var all = (long)rows * blocks;
        if (all > _capacity)
        {
            _capacity = all;
            _memory.Dispose();
            _memory = new NativeBuffer((nuint)all * (ActivationBlock.Bytes + (words ? 64u : 0)));
        }

        Blocks = blocks;
        Data = (ActivationBlock*)(_memory.Pointer + (words ? _capacity * 64 : 0));
        Words = words ? (short*)_memory.Pointer : null;
    }

    /// <summary>Quantises one row of <c>32 * Blocks</c> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Quantize(float* x, int row)
    {
        var at = (long)row * Blocks;
        for (var block = 0; block < Blocks; block++, at++)
            QuantizeBlock(x + (block * 32), Data + at, words ? Words + (at * 32) : null);
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>
    /// A block with a value that is not finite gets the scale NaN, so that whatever is computed from it shows; one whose scale would be
    /// subnormal (1 / d might overflow) counts as zeros.
    /// </summary>
    private static void QuantizeBlock(float* x, ActivationBlock* block, short* words)
    {
        // Magnitudes compare as integers, and NaN is above all: the result does not depend on the order.
        var largest = Vector128<int>.Zero;
        for (var k = 0; k < 32; k += 4)
            largest = Vector128.Max(largest, Vector128.Load(x + k).AsInt32() & Vector128.Create(int.MaxValue));
        var bits = Math.Max(Math.Max(largest[0], largest[1]), Math.Max(largest[2], largest[3]));
        var scale = bits < 0x7F80_0000 ? BitConverter.Int32BitsToSingle(bits) / 127 : float.NaN;
        if (!(scale >= SmallestNormal))
        {
            *block = new ActivationBlock { Scale = scale };
            if (words != null)
                new Span<short>(words, 32).Clear();
            return;
        }

        var inverse = Vector128.Create(1 / scale);
        for (var k = 0; k < 32; k += 16)
        {
            var q0 = Round(Vector128.Load(x + k) * inverse);
            var q1 = Round(Vector128.Load(x + k + 4) * inverse);
            var q2 = Round(Vector128.Load(x + k + 8) * inverse);
            var q3 = Round(Vector128.Load(x + k + 12) * inverse);
            var sums = q0 + q1 + (q2 + q3);
            block->NegativeSums[1 + (k / 16)] = -(sums[0] + sums[1] + (sums[2] + sums[3]));
            var low = Vector128.Narrow(q0, q1);
            var high = Vector128.Narrow(q2, q3);
            Vector128.Narrow(low, high).Store(block->Values + k);
            if (words == null)
                continue;
            Vector128.Shuffle(low, Vector128.Create(0, 2, 1, 3, 4, 6, 5, 7)).Store(words + k);
            Vector128.Shuffle(high, Vector128.Create(0, 2, 1, 3, 4, 6, 5, 7)).Store(words + k + 8);
        }

        block->Scale = scale;
        block->NegativeSums[0] = block->NegativeSums[1] + block->NegativeSums[2];
        block->Sum = -block->NegativeSums[0];
    }

    /// <summary>Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits; |x * (1 / d)| is at most 127.00002.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(Vector128<float> scaled) =>
        (scaled + Vector128.Create(12582912f)).AsInt32() - Vector128.Create(0x4B40_0000);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Activations quantised for the integer kernels: per row and block of 32, from that row alone, <c>d = max|x| / 127</c> and
/// <c>q = round-half-even(x * (1 / d))</c>. Grows when needed; reused from call to call.
/// </summary>
/// <param name="words">Whether to keep the values in 16 bits too.</param>
/// <param name="wide">Whether to use 512-bit vectors; the bits are the same.</param>
internal sealed unsafe class ActivationBlocks(bool words, bool wide) : IDisposable
{
    private const float SmallestNormal = 1.17549435e-38f;
    private const float Shift = 12582912f;
    private const int ShiftBits = 0x4B40_0000;

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
        for (var block = 0; block < Blocks; block++, at++, x += 32)
        {
            if (wide)
                QuantizeWide(x, Data + at);
            else
                QuantizeBlock(x, Data + at);
            if (words)
                Widen(Data + at, Words + (at * 32));
        }
    }

    public void Dispose() => _memory.Dispose();

    private static void QuantizeBlock(float* x, ActivationBlock* block)
    {
        // Magnitudes compare as integers, and NaN is above all: the result does not depend on the order.
        var largest = Vector128<int>.Zero;
        for (var k = 0; k < 32; k += 4)
            largest = Vector128.Max(largest, Vector128.Load(x + k).AsInt32() & Vector128.Create(int.MaxValue));
        if (!TryScale(largest, block))
            return;
        var inverse = Vector128.Create(1 / block->Scale);
        for (var k = 0; k < 32; k += 16)
        {
            var q0 = Round(Vector128.Load(x + k) * inverse);
            var q1 = Round(Vector128.Load(x + k + 4) * inverse);
            var q2 = Round(Vector128.Load(x + k + 8) * inverse);
            var q3 = Round(Vector128.Load(x + k + 12) * inverse);
            block->NegativeSums[1 + (k / 16)] = -Add(q0 + q1 + (q2 + q3));
            Vector128.Narrow(Vector128.Narrow(q0, q1), Vector128.Narrow(q2, q3)).Store(block->Values + k);
        }

        SetSums(block);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuantizeWide(float* x, ActivationBlock* block)
    {
        var first = Vector512.Load(x);
        var second = Vector512.Load(x + 16);
        var magnitude = Vector512.Create(int.MaxValue);
        var sixteen = Vector512.Max(first.AsInt32() & magnitude, second.AsInt32() & magnitude);
        var eight = Vector256.Max(sixteen.GetLower(), sixteen.GetUpper());
        if (!TryScale(Vector128.Max(eight.GetLower(), eight.GetUpper()), block))
            return;
        var inverse = Vector512.Create(1 / block->Scale);
        block->NegativeSums[1] = -Half(first * inverse, block->Values);
        block->NegativeSums[2] = -Half(second * inverse, block->Values + 16);
        SetSums(block);

        static int Half(Vector512<float> scaled, sbyte* values)
        {
            var q = (scaled + Vector512.Create(Shift)).AsInt32() - Vector512.Create(ShiftBits);
            Avx512F.ConvertToVector128SByte(q).Store(values);
            var eight = q.GetLower() + q.GetUpper();
            return Add(eight.GetLower() + eight.GetUpper());
        }
    }

    /// <summary>
    /// Sets the scale. A block with a value that is not finite gets NaN, so that whatever is computed from it shows; one whose scale would be
    /// subnormal (1 / d might overflow) counts as zeros. False when the values are zeros.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryScale(Vector128<int> largest, ActivationBlock* block)
    {
        var two = Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(2, 3, 2, 3)));
        var bits = Math.Max(two[0], two[1]);
        var scale = bits < 0x7F80_0000 ? BitConverter.Int32BitsToSingle(bits) / 127 : float.NaN;
        if (scale >= SmallestNormal)
        {
            block->Scale = scale;
            return true;
        }

        *block = new ActivationBlock { Scale = scale };
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetSums(ActivationBlock* block)
    {
        block->NegativeSums[0] = block->NegativeSums[1] + block->NegativeSums[2];
        block->Sum = -block->NegativeSums[0];
    }

    /// <summary>The values in 16 bits, each group of four ordered k0 k2 k1 k3.</summary>
    private static void Widen(ActivationBlock* block, short* words)
    {
        for (var k = 0; k < 32; k += 16)
        {
            var bytes = Vector128.Load(block->Values + k);
            Vector128.Shuffle(Vector128.WidenLower(bytes), Vector128.Create(0, 2, 1, 3, 4, 6, 5, 7)).Store(words + k);
            Vector128.Shuffle(Vector128.WidenUpper(bytes), Vector128.Create(0, 2, 1, 3, 4, 6, 5, 7)).Store(words + k + 8);
        }
    }

    /// <summary>Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits; |x * (1 / d)| is at most 127.00002.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(Vector128<float> scaled) =>
        (scaled + Vector128.Create(Shift)).AsInt32() - Vector128.Create(ShiftBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Add(Vector128<int> four)
    {
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3));
        return two[0] + two[1];
    }
}

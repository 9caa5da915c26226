namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Activations quantised for the integer kernels: per row and block of 32, from that row alone, <c>d = max|x| / 127</c> and
/// <c>q = round-half-even(x * (1 / d))</c>. Grows when needed; reused from call to call.
/// </summary>
internal sealed unsafe class ActivationBlocks : IDisposable
{
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
    public void Quantize(float* x, int row)
    {
        for (var block = 0; block < Blocks; block++)
        {
            var at = (row * Blocks) + block;
            QuantizeBlock(x + (block * 32), Bytes + ((long)at * 32), out Scales[at], out Sums[at]);
            var bytes = Bytes + ((long)at * 32);
            var words = Words + ((long)at * 32);
            for (var k = 0; k < 32; k += 4)
            {
                words[k] = bytes[k];
                words[k + 1] = bytes[k + 2];
                words[k + 2] = bytes[k + 1];
                words[k + 3] = bytes[k + 3];
            }
        }
    }

    public void Dispose() => _memory.Dispose();

    private static void QuantizeBlock(float* x, sbyte* q, out float scale, out int sum)
    {
        var largest = 0f;
        for (var k = 0; k < 32; k++)
        {
            var magnitude = MathF.Abs(x[k]);
            largest = magnitude > largest ? magnitude : largest;
        }

        scale = largest / 127;
        var inverse = scale > 0 ? 1 / scale : 0;
        sum = 0;
        for (var k = 0; k < 32; k++)
        {
            // Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits.
            var rounded = (x[k] * inverse) + 12582912f;
            var value = BitConverter.SingleToInt32Bits(rounded) - 0x4B40_0000;
            value = value > 127 ? 127 : value < -127 ? -127 : value;
            q[k] = (sbyte)value;
            sum += value;
        }
    }
}

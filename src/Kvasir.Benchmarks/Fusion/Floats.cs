using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>Arrays of floats between 0 and 1, outside the managed heap.</summary>
internal sealed unsafe class Floats : IDisposable
{
    /// <summary>
    /// Each array begins this much further into its page: at equal offsets a load waits for the store before it (4K aliasing), in one loop
    /// more than in another.
    /// </summary>
    private const int Stagger = 5 * NativeBuffer.Alignment / sizeof(float);

    private readonly NativeBuffer[] _arrays;

    public Floats(int arrays, int length)
    {
        _arrays = new NativeBuffer[arrays];
        for (var i = 0; i < arrays; i++)
        {
            _arrays[i] = new NativeBuffer((nuint)(length + (arrays * Stagger)) * sizeof(float));
            var values = _arrays[i].AsSpan<float>();
            for (var k = 0; k < values.Length; k++)
                values[k] = (k * 37 % 1000) / 1000f;
        }
    }

    public float* this[int array] => (float*)_arrays[array].Pointer + (array * Stagger);

    public void Dispose()
    {
        foreach (var array in _arrays)
            array.Dispose();
    }
}

using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>Arrays of floats between 0 and 1, outside the managed heap.</summary>
internal sealed unsafe class Floats : IDisposable
{
    private readonly NativeBuffer[] _arrays;

    public Floats(int arrays, int length)
    {
        _arrays = new NativeBuffer[arrays];
        for (var i = 0; i < arrays; i++)
        {
            _arrays[i] = new NativeBuffer((nuint)length * sizeof(float));
            var values = _arrays[i].AsSpan<float>();
            for (var k = 0; k < length; k++)
                values[k] = (k * 37 % 1000) / 1000f;
        }
    }

    public float* this[int array] => (float*)_arrays[array].Pointer;

    public void Dispose()
    {
        foreach (var array in _arrays)
            array.Dispose();
    }
}

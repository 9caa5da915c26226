using Kvasir.Numerics.Fusion;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Tests.Fusion;

/// <summary>What a user adds: none of these is known to the library.</summary>
internal readonly struct Cube : IUnary
{
    public static T Exec<T>(T x)
        where T : unmanaged, ILanes<T> => x * x * x;
}

/// <summary>Reads floats and counts how many.</summary>
internal unsafe struct CountingRead(float* data, int width, int height, long* count) : IRead
{
    private float* _row;

    public readonly Extent Extent => new(width, height);

    public void Enter(int y, int z) => _row = data + ((long)y * width);

    public readonly T Read<T>(long x)
        where T : unmanaged, ILanes<T>
    {
        *count += T.Count;
        return T.Load(_row + x);
    }
}

/// <summary>Writes floats and counts how many.</summary>
internal unsafe struct CountingWrite(float* data, int width, int height, long* count) : IWrite
{
    private float* _row;

    public readonly Extent Extent => new(width, height);

    public void Enter(int y, int z) => _row = data + ((long)y * width);

    public readonly void Write<T>(T value, long x)
        where T : unmanaged, ILanes<T>
    {
        *count += T.Count;
        T.Store(value, _row + x);
    }
}

/// <summary>Row y lies at row <c>table[y]</c>: a write through a block table.</summary>
internal unsafe struct ScatterRows(float* data, int width, int rows, int* table) : IWrite
{
    private float* _row;

    public readonly Extent Extent => new(width, rows);

    public void Enter(int y, int z) => _row = data + ((long)table[y] * width);

    public readonly void Write<T>(T value, long x)
        where T : unmanaged, ILanes<T> => T.Store(value, _row + x);
}

/// <summary>A read-back operation: the columns from right to left.</summary>
internal struct Mirror : IReadBack<Mirror>
{
    private long _last;

    public readonly Mirror Complete(Extent back) => new() { _last = back.Width - 1 };

    public readonly Extent Over(Extent back) => back;

    public readonly void Enter<TBack>(int y, int z, ref TBack back)
        where TBack : unmanaged, IRead => back.Enter(y, z);

    public readonly unsafe T Read<T, TBack>(long x, ref TBack back)
        where T : unmanaged, ILanes<T>
        where TBack : unmanaged, IRead
    {
        var lanes = stackalloc float[16];
        for (int i = 0; i < T.Count; i++)
            lanes[i] = back.Read<Lanes1>(_last - x - i).Value;
        return T.Load(lanes);
    }
}

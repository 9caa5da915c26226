using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>The same value everywhere.</summary>
/// <remarks>
/// It is kept once a lane, so that a loop has it in a register of vectors from the start: from a scalar the runtime would spread it
/// anew in every round of a longer chain, which costs as much as an operation.
/// </remarks>
public unsafe struct Constant : IRead
{
    private LaneBuffer _lanes;

    public Constant(float value)
    {
        for (var i = 0; i < 16; i++)
            _lanes[i] = value;
    }

    public readonly Extent Extent => Extent.Any;

    void IRead.Enter(int y, int z)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IRead.Read<T>(long x) => T.Load((float*)Unsafe.AsPointer(ref _lanes));
}

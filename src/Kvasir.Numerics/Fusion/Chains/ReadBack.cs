using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A read-back operation, completed by what it reads from: again a read.</summary>
public struct ReadBack<TOperation, TBack> : IRead
    where TOperation : unmanaged, IReadBack<TOperation>
    where TBack : unmanaged, IRead
{
    private TOperation _operation;
    private TBack _back;

    internal ReadBack(TOperation completed, TBack back) => (_operation, _back) = (completed, back);

    public Extent Extent => _operation.Over(_back.Extent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IRead.Enter(int y, int z) => _operation.Enter(y, z, ref _back);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IRead.Read<T>(long x) => _operation.Read<T, TBack>(x, ref _back);
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A read of a row, which is the same for all rows and planes of what it meets.</summary>
/// <param name="data">Element 0; the caller's.</param>
/// <param name="width">Elements.</param>
public readonly unsafe struct Row<TElement>(void* data, long width) : IRead
    where TElement : unmanaged, IElement
{
    public Extent Extent => new(width);

    void IRead.Enter(int y, int z)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IRead.Read<T>(long x) => TElement.Load<T>((byte*)data + (x * TElement.Size));
}

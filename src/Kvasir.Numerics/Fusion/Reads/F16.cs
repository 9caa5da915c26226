using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>IEEE 754 binary16.</summary>
public readonly unsafe struct F16 : IElement
{
    static int IElement.Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IElement.Load<T>(void* data) => T.LoadHalf((ushort*)data);
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A signed byte.</summary>
public readonly unsafe struct I8 : IElement
{
    static int IElement.Size => sizeof(sbyte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IElement.Load<T>(void* data) => T.LoadSByte((sbyte*)data);
}

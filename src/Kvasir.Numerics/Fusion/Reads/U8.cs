using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>An unsigned byte.</summary>
public readonly unsafe struct U8 : IElement
{
    static int IElement.Size => sizeof(byte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IElement.Load<T>(void* data) => T.LoadByte((byte*)data);
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Bfloat16.</summary>
public readonly unsafe struct BF16 : IElement
{
    static int IElement.Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IElement.Load<T>(void* data) => T.LoadBFloat((ushort*)data);
}

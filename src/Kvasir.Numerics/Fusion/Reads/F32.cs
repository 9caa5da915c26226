using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Binary32.</summary>
public readonly unsafe struct F32 : IElement
{
    static int IElement.Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IElement.Load<T>(void* data) => T.Load((float*)data);
}

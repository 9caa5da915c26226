using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>How an element lies in memory. Its value is a binary32 from the read on; all of these are exact.</summary>
public unsafe interface IElement
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Size { get; }

    static abstract T Load<T>(void* data)
        where T : unmanaged, ILanes<T>;
}

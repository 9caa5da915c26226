using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// A value at every point. A read of memory is one, and so is a read with operations behind it, which is why whatever follows
/// (a step, a crop, a batch) need not know how long the chain before it is.
/// </summary>
/// <remarks>
/// A struct, copied for each row that a thread computes. What holds one has it in a field that is not readonly: the compiler would copy
/// it before each call, as it cannot know that a method of a type parameter changes nothing, and the copies keep the runtime from moving
/// what does not change out of the loop.
/// </remarks>
public interface IRead
{
    /// <summary>Points that may be asked for.</summary>
    Extent Extent { get; }

    /// <summary>Begins a row of a plane: what is the same for the whole row is worked out here.</summary>
    void Enter(int y, int z);

    /// <summary>The value in a column of the row that was entered last, or the values from there on.</summary>
    T Read<T>(long x)
        where T : unmanaged, ILanes<T>;
}

using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// A read that pulls from the chain before it, at points of its choice: a crop, a resize. What nobody pulls is neither read nor computed,
/// and what is pulled several times is computed several times.
/// </summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
public interface IReadBack<TSelf>
    where TSelf : unmanaged, IReadBack<TSelf>
{
    /// <summary>This, with what it must know of its source.</summary>
    /// <exception cref="ArgumentException">It does not fit the source.</exception>
    TSelf Complete(Extent back);

    /// <summary>Its points over a source of that extent.</summary>
    Extent Over(Extent back);

    /// <summary>Begins a row of a plane of the result.</summary>
    void Enter<TBack>(int y, int z, ref TBack back)
        where TBack : unmanaged, IRead;

    /// <summary>The value in a column of the row that was entered last, or the values from there on.</summary>
    T Read<T, TBack>(long x, ref TBack back)
        where T : unmanaged, ILanes<T>
        where TBack : unmanaged, IRead;
}

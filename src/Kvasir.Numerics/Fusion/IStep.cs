using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>An operation with the values of its parameters, ready to stand in a chain. See <see cref="IRead"/>.</summary>
public interface IStep
{
    /// <summary>Points for which it has parameters.</summary>
    Extent Extent { get; }

    /// <summary>Begins a row of a plane.</summary>
    void Enter(int y, int z);

    /// <summary>The value that comes from <paramref name="value"/> in a column of the row.</summary>
    T Exec<T>(T value, long x)
        where T : unmanaged, ILanes<T>;
}

using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>Where values go: the end of a chain, or a side output in it.</summary>
public interface IWrite
{
    /// <summary>Points that may be written.</summary>
    Extent Extent { get; }

    /// <summary>Begins a row of a plane.</summary>
    void Enter(int y, int z);

    /// <summary>Takes the value of a column of the row, or the values from there on.</summary>
    void Write<T>(T value, long x)
        where T : unmanaged, ILanes<T>;

    /// <summary>Ends a part of a row: what must happen before others may read it.</summary>
    static virtual void Leave()
    {
    }
}

using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>One loop of <see cref="Strips{TStage}"/>, and those before it.</summary>
public unsafe interface IStage
{
    /// <summary>Begins a row of a plane.</summary>
    void Enter(int y, int z);

    /// <summary>Fills a strip with the values of a part of the row, whose length is a multiple of the lanes.</summary>
    void Fill<T>(float* strip, long x, int count)
        where T : unmanaged, ILanes<T>;
}

using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>One loop of <see cref="Strips{TStage}"/>, and those before it.</summary>
public unsafe interface IStage
{
    /// <summary>Fills a strip with the values of a part of a row, whose length is a multiple of the lanes.</summary>
    void Fill<T>(float* strip, long x, int y, int z, int count)
        where T : unmanaged, ILanes<T>;
}

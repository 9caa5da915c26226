using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Support;

/// <summary>Layouts small enough for a million operations.</summary>
internal static class TestLayouts
{
    public static KvLayout Small { get; } = new(Layers: 2, KvHeads: 1, HeadDim: 2, KvDataType.F32, BlockRows: 16);

    public static KvLayout Ragged { get; } = new(Layers: 3, KvHeads: 2, HeadDim: 2, KvDataType.F16, BlockRows: 16);

    public static KvLayout Quantised { get; } = new(Layers: 2, KvHeads: 2, HeadDim: 32, KvDataType.Q8_0, BlockRows: 32);
}

using Kvasir.KvCache.Tables;

namespace Kvasir.KvCache.Tests.Tables;

public sealed unsafe class SegmentArenaTests
{
    [Fact]
    public void SegmentsStayWhereTheyAre_AndComeZeroed()
    {
        using var arena = new SegmentArena();
        var first = arena.Take(3);
        first[2].Count = 7;
        for (var i = 0; i < 100; i++)
            arena.Take(500)[499].Count = 9;
        arena.Take(5_000)[4_999].Count = 9;
        Assert.Equal(7, first[2].Count);
        arena.Clear();
        Assert.True(arena.Take(3) == first);
        Assert.Equal(0, first[2].Count);
    }
}

using Kvasir.Numerics.Memory;

namespace Kvasir.Numerics.Tests.Memory;

public sealed unsafe class VirtualRegionTests
{
    private static readonly nuint Page = (nuint)Environment.SystemPageSize;

    [Fact]
    public void Length_IsWholePages()
    {
        using var region = new VirtualRegion(Page + 1);
        Assert.Equal(2 * Page, region.Length);
        Assert.Equal((nuint)0, (nuint)region.Pointer % Page);
    }

    [Fact]
    public void LargeRegion_CostsAddressesOnly_UntilItIsCommitted()
    {
        // Far more than the machine's memory.
        using var region = new VirtualRegion((nuint)1 << 42);
        var last = region.Length - 1;
        region.Commit(last, 1);
        region.Commit(0, 1);
        Assert.Equal(0, region.Pointer[last]);
        region.Pointer[last] = 7;
        region.Pointer[0] = 8;
        Assert.Equal((7, 8), (region.Pointer[last], region.Pointer[0]));
    }

    [Fact]
    public void CommittedAgain_KeepsItsBytes()
    {
        using var region = new VirtualRegion(4 * Page);
        region.Commit(Page - 1, 2);
        for (nuint i = 0; i < 2 * Page; i++)
            region.Pointer[i] = (byte)(i * 7);
        region.Commit(0, 4 * Page);
        for (nuint i = 0; i < 2 * Page; i++)
            Assert.Equal((byte)(i * 7), region.Pointer[i]);
    }

    [Fact]
    public void Decommit_TakesWholePagesOnly_AndTheyComeBackZeroed()
    {
        using var region = new VirtualRegion(4 * Page);
        region.Commit(0, region.Length);
        new Span<byte>(region.Pointer, (int)region.Length).Fill(9);
        region.Decommit(1, (3 * Page) - 1);
        region.Commit(0, region.Length);
        Assert.Equal(9, region.Pointer[Page - 1]);
        for (var i = Page; i < 3 * Page; i++)
            Assert.Equal(0, region.Pointer[i]);
        Assert.Equal(9, region.Pointer[3 * Page]);

        region.Decommit(Page + 1, Page);
        Assert.Equal(0, region.Pointer[Page]); // no whole page lies inside, so nothing was taken
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    public void RangeOutsideTheRegion_IsRefused(int firstPage, int pages)
    {
        using var region = new VirtualRegion(2 * Page);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Commit((nuint)firstPage * Page, (nuint)pages * Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Decommit((nuint)firstPage * Page, (nuint)pages * Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Commit(Page, nuint.MaxValue));
    }

    [Fact]
    public void WrongSizes_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualRegion(0));
        Assert.Throws<OutOfMemoryException>(() => new VirtualRegion((nuint)1 << 62));
        Assert.Throws<OutOfMemoryException>(() => new VirtualRegion(nuint.MaxValue));
    }

    [Fact]
    public void DisposedRegion_IsNotUsed()
    {
        var region = new VirtualRegion(Page);
        region.Dispose();
        region.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)region.Pointer);
        Assert.Throws<ObjectDisposedException>(() => region.Commit(0, 1));
        Assert.Throws<ObjectDisposedException>(() => region.Decommit(0, Page));
    }
}

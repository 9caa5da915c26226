using Kvasir.KvCache.Tiers.Host;

namespace Kvasir.KvCache.Tests.Tiers;

public sealed unsafe class CheckedCopyTests
{
    [Fact]
    public void Copies_AndSeesEveryFlippedBit()
    {
        var from = new byte[192];
        new Random(1).NextBytes(from);
        var to = new byte[from.Length];
        var expected = Run(from, to);
        Assert.Equal(from, to);
        Assert.Equal(expected, Run(from, to));
        for (var bit = 0; bit < 8 * from.Length; bit++)
        {
            from[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(expected, Run(from, to));
            from[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void SeesLinesInAnotherOrder()
    {
        var from = new byte[256];
        new Random(2).NextBytes(from);
        var to = new byte[from.Length];
        var swapped = from.ToArray();
        from.AsSpan(0, 64).CopyTo(swapped.AsSpan(128));
        from.AsSpan(128, 64).CopyTo(swapped);
        Assert.NotEqual(Run(from, to), Run(swapped, to));
    }

    [Fact]
    public void PartialLines_AreRefused() => Assert.Throws<ArgumentException>(() => Run(new byte[65], new byte[65]));

    private static ulong Run(byte[] from, byte[] to)
    {
        fixed (byte* source = from, target = to)
            return CheckedCopy.Run(source, target, from.Length);
    }
}

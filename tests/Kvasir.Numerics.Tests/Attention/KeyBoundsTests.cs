using Kvasir.Numerics.Attention;

namespace Kvasir.Numerics.Tests.Attention;

public sealed unsafe class KeyBoundsTests
{
    [Theory]
    [InlineData(KvDataType.F32)]
    [InlineData(KvDataType.F16)]
    [InlineData(KvDataType.BF16)]
    [InlineData(KvDataType.Q8_0)]
    [InlineData(KvDataType.Q4_0)]
    public void Bounds_AreThoseOfTheDecodedKeys_WhereverTheRowsLieInTheirGroup(KvDataType type)
    {
        var layout = new KvLayout(Layers: 1, KvHeads: 2, HeadDim: 64, type);
        var random = new Random(3);
        var slice = new byte[2 * layout.KvHeads * layout.HeadBytes];
        random.NextBytes(slice);
        float[] key = new float[64], value = new float[64];
        fixed (byte* at = slice)
        {
            for (int round = 0; round < 200; round++)
            {
                int slot = random.Next(layout.BlockRows);
                int count = 1 + random.Next(KvLayout.RowGroup - (slot % KvLayout.RowGroup));
                int head = random.Next(2);
                float[] smallest = [.. Enumerable.Repeat(0.25f, 64)], largest = [.. Enumerable.Repeat(0.5f, 64)];
                float[] low = [.. smallest], high = [.. largest];
                for (int row = slot; row < slot + count; row++)
                {
                    KvRowReader.ReadHead(layout, at, row, head, key, value);
                    for (int d = 0; d < 64; d++)
                        (low[d], high[d]) = (Math.Min(low[d], key[d]), Math.Max(high[d], key[d]));
                }

                KvRowReader.WidenBounds(layout, at, slot, count, head, smallest, largest);
                Assert.Equal(low, smallest);
                Assert.Equal(high, largest);
            }
        }
    }
}

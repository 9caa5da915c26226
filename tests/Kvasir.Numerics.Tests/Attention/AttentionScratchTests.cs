using Kvasir.Numerics.Attention;

namespace Kvasir.Numerics.Tests.Attention;

public sealed unsafe class AttentionScratchTests
{
    [Fact]
    public void AKeptRotation_IsThatOfTheOffsetAndTableAskedFor()
    {
        using var slow = new RopeTable([0.001, 0.1], 10);
        using var fast = new RopeTable([1, 0.5], 10);
        using var scratch = new AttentionScratch(8, 1, 1);
        float* expected = stackalloc float[4];
        foreach (var (offset, table) in new[] { (7, slow), (7, slow), (7, fast), (-3, fast), (7, slow) })
        {
            table.Rotation(offset, expected);
            Assert.True(new ReadOnlySpan<float>(expected, 4).SequenceEqual(new ReadOnlySpan<float>(scratch.RotationBy(offset, table), 4)));
        }
    }
}

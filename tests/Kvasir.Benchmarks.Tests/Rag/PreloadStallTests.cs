using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Tests.Rag;

public class PreloadStallTests
{
    [Fact]
    public void EveryLayerThatIsNotThereInTime_IsWaitedFor()
    {
        // Loaded at 3, 6, 9, computed in 1 each. One first: 3 to 4, waits to 6, to 7, waits to 9. Two first: begins at 6, ends at 8, waits to 9.
        Assert.Equal(4, PreloadStall.Seconds([1, 1, 1], [3, 3, 3], 1), 12);
        Assert.Equal(1, PreloadStall.Seconds([1, 1, 1], [3, 3, 3], 2), 12);
        Assert.Equal(0, PreloadStall.Seconds([1, 1, 1], [3, 3, 3], 3), 12);
        Assert.Equal(0, PreloadStall.Seconds([5, 5, 5], [3, 3, 3], 1), 12);
        Assert.Throws<ArgumentException>(() => PreloadStall.Seconds([1], [1], 2));
    }

    [Fact]
    public void TheFormulasDepth_LeavesNothingToWaitFor_AndALayerLessDoes()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var layers = random.Next(2, 40);
            var load = 1 + random.NextDouble();
            var compute = random.NextDouble();
            double[] computes = [.. Enumerable.Repeat(compute, layers)], loads = [.. Enumerable.Repeat(load, layers)];
            var depth = LoadingController.PreloadLayers(layers, compute, load);
            Assert.True(PreloadStall.Seconds(computes, loads, depth) < 1e-6, $"seed {seed}");
            Assert.True(depth == 1 || PreloadStall.Seconds(computes, loads, depth - 1) > 1e-6, $"seed {seed}");
        }
    }
}

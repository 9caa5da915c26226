using Kvasir.KvCache.Blending;

namespace Kvasir.KvCache.Tests.Blending;

public class LoadingControllerTests
{
    // The paper's worked examples at 4K tokens: 20 ms a layer to prefill the 7B model (15 % are 3 ms) and 16 ms to load; 46.7 ms and 4 ms for 70B.
    private const int Tokens = 4096;
    private static readonly LoadingController Small = new(32, 16_384, tokens => 0.64 * tokens / Tokens);
    private static readonly LoadingController Large = new(80, 4_096, tokens => 80 * 0.007 / 0.15 * tokens / Tokens);

    [Fact]
    public void SlowLoading_PaysForMoreRepair_FastLoadingNeverForLessThanTheFloor()
    {
        var rate = 16_384.0 * Tokens / 0.016;
        Assert.Equal(0.003, Small.RecomputeSeconds(Tokens, 0.15), 12);
        Assert.Equal(0.016, Small.LoadSeconds(Tokens, rate), 12);
        Assert.Equal(0.8, Small.ChooseRatio(Tokens, rate), 12); // 16 / 20
        Assert.Equal(1, Small.ChooseRatio(Tokens, rate / 4), 12); // 64 / 20

        rate = 4_096.0 * Tokens / 0.004;
        Assert.Equal(0.007, Large.RecomputeSeconds(Tokens, 0.15), 12);
        Assert.Equal(0.15, Large.ChooseRatio(Tokens, rate), 12); // 4 / 46.7 = 0.086
        Assert.Equal(0.3, new LoadingController(80, 4_096, tokens => 80 * 0.007 / 0.15 * tokens / Tokens, 0.3).ChooseRatio(Tokens, rate), 12);
    }

    [Fact]
    public void CheapestDeviceThatHides_IsChosen_AndTheFastestWhenNoneDoes()
    {
        // 16384 · 4096 bytes are 67.1 MB a layer: 22 ms at 3 GB/s, 3.4 ms at 20 GB/s, 134 ms at 0.5 GB/s. Repair takes 20 ms · r.
        LoadingDevice[] devices = [new("memory", 20e9, 10), new("nvme", 3.5e9, 1), new("disk", 0.5e9, 0.1), new("raid", 7e9, 1)];
        Assert.Equal(0, Small.ChooseDevice(Tokens, 0.18, devices)); // 3.6 ms: memory only
        Assert.Equal(3, Small.ChooseDevice(Tokens, 0.5, devices)); // 10 ms: raid (9.6 ms), cheaper than memory
        Assert.Equal(3, Small.ChooseDevice(Tokens, 1, devices)); // nvme (19.2 ms) hides too at the same cost, raid is faster
        Assert.Equal(0, Small.ChooseDevice(Tokens, 0.01, devices));
        Assert.Equal(2, new LoadingController(32, 16_384, _ => 10).ChooseDevice(Tokens, 1, devices)); // 312 ms a layer
        Assert.Throws<ArgumentException>(() => Small.ChooseDevice(Tokens, 1, []));
    }

    [Fact]
    public void PreloadedLayers_AreThoseOfTheFormula()
    {
        Assert.Equal(1, LoadingController.PreloadLayers(24, 2, 1));
        Assert.Equal(1, LoadingController.PreloadLayers(24, 1, 1));
        Assert.Equal(13, LoadingController.PreloadLayers(24, 1, 2)); // ceil(23 / 2) + 1
        Assert.Equal(24, LoadingController.PreloadLayers(24, 0, 1));
        Assert.Equal(3, LoadingController.PreloadLayers(21, 0.9, 1)); // 20 · 0.1 = 2
        Assert.Equal(1, LoadingController.PreloadLayers(1, 0, 5));
    }

    [Fact]
    public void SoManyPreloadedLayers_LeaveNoStall_AndOneFewerDoes()
    {
        var random = new Random(8);
        for (var round = 0; round < 2_000; round++)
        {
            var (layers, compute, load) = (random.Next(2, 80), 0.01 + random.NextDouble(), 0.01 + random.NextDouble());
            var preload = LoadingController.PreloadLayers(layers, compute, load);
            Assert.InRange(preload, 1, layers);
            Assert.InRange(Stall(layers, compute, load, preload), 0, 1e-6);
            if (preload > 1)
                Assert.True(Stall(layers, compute, load, preload - 1) > 0, $"round {round}: {preload} of {layers} are more than needed");
        }

        // Loads go on from layer to layer while others are computed.
        static double Stall(int layers, double compute, double load, int preload)
        {
            var (stall, now) = (0.0, preload * load);
            for (var layer = 0; layer < layers; layer++)
            {
                var there = (layer + 1) * load;
                stall += Math.Max(0, there - now);
                now = Math.Max(now, there) + compute;
            }

            return stall;
        }
    }

    [Fact]
    public void Alpha_IsTheSmallestThatKeepsTheTargetFromThereOn()
    {
        AlphaPoint[] points = [new(0.2, 0.01, 0.1), new(0.4, 0.05, 0.2), new(0.6, 0.02, 0.3), new(0.8, 0.01, 0.4), new(1, 0, 0.5)];
        Assert.Equal(points[2], AlphaFit.Smallest(points, 0.02)); // 0.2 was lucky: 0.4 is worse
        Assert.Equal(points[4], AlphaFit.Smallest(points.Reverse(), 0.005));
        Assert.Equal(points[0], AlphaFit.Smallest(points, 0.05));
        Assert.Null(AlphaFit.Smallest(points, -1));
        Assert.Null(AlphaFit.Smallest([], 1));
        Assert.Null(AlphaFit.Smallest([new(1, double.NaN, 0)], 1));
        var mean = AlphaFit.Smallest([new(0.5, 0.04, 0.2), new(0.5, 0.02, 0.4), new(0.6, 0, 1)], 0.031)!.Value;
        Assert.Equal((0.5, 0.03, 0.3), (mean.Alpha, Math.Round(mean.Loss, 12), Math.Round(mean.RecomputedShare, 12)));
    }
}

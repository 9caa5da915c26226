using Kvasir.Benchmarks.Limits;
using Kvasir.Benchmarks.Peers;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Tests.Limits;

public sealed class MachineLimitsTests
{
    private static readonly MachineLimits Limits = new()
    {
        ReadBytesPerSecond = 10,
        ReadBytesPerSecondOfOne = 5,
        Int8PerSecond = 100,
        Int8PerSecondOfOne = 50,
        Int8Instruction = "a",
        FloatPerSecond = 20,
        FloatPerSecondOfOne = 10,
        FloatInstruction = "b",
    };

    public static TheoryData<string> SupportedLoops => [.. PeakLoops.Int8.Concat(PeakLoops.Float).Where(loop => loop.IsSupported).Select(loop => loop.Name)];

    [Fact]
    public void TheLeastTime_IsTheLongerOfReadingAndComputing()
    {
        Assert.Equal(3, Limits.LeastSeconds(new ModelWork(30, 100, 20)));
        Assert.Equal(9, Limits.LeastSeconds(new ModelWork(30, 800, 20)));
    }

    [Fact]
    public void TheBestOfTwoMeasurements_IsTakenOneByOne()
    {
        var best = Limits.Best(Limits with { ReadBytesPerSecond = 11, Int8PerSecond = 90, Int8Instruction = "c", FloatPerSecond = 21, FloatInstruction = "d" });
        Assert.Equal((11, 100, "a", 21, "d"), (best.ReadBytesPerSecond, best.Int8PerSecond, best.Int8Instruction, best.FloatPerSecond, best.FloatInstruction));
    }

    [Theory]
    [MemberData(nameof(SupportedLoops))]
    public unsafe void APeakLoop_DoesTheOperationsThatItCounts(string name)
    {
        var loop = PeakLoops.Int8.Concat(PeakLoops.Float).Single(loop => loop.Name == name);
        using var memory = new NativeBuffer(PeakMemory.Bytes);
        var isFloat = PeakLoops.Float.Contains(loop);
        if (isFloat)
            memory.AsSpan<float>().Fill(1);
        else if (name.StartsWith("int32", StringComparison.Ordinal))
            memory.AsSpan<int>().Fill(1);
        else if (name.StartsWith("vpmaddwd", StringComparison.Ordinal))
            memory.AsSpan<short>().Fill(1);
        else
            memory.AsSpan<byte>().Fill(1);
        loop.Run(memory.Pointer, 3);

        // Every product was one, so the eight stored sums add up to the number of multiplications.
        var bits = int.Parse(name.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        var lanes = PeakMemory.Vectors * PeakMemory.Rows * bits / 32;
        var sum = isFloat ? (long)memory.AsSpan<float>()[..lanes].ToArray().Sum() : memory.AsSpan<int>()[..lanes].ToArray().Sum(value => (long)value);
        Assert.Equal(3 * loop.OperationsPerRound, 2 * sum);
    }

    [Fact]
    public void TheCachesSize_IsReadWithItsUnit()
    {
        var root = Directory.CreateTempSubdirectory("kvasir-sys-").FullName;
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, "sys", "devices", "system", "cpu", "cpu0", "cache", "index3")).FullName;
            Assert.Equal(64L << 20, ReadMeter.CacheBytes(root));
            File.WriteAllText(Path.Combine(folder, "size"), "32768K\n");
            Assert.Equal(32L << 20, ReadMeter.CacheBytes(root));
            File.WriteAllText(Path.Combine(folder, "size"), "much\n");
            Assert.Equal(64L << 20, ReadMeter.CacheBytes(root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}

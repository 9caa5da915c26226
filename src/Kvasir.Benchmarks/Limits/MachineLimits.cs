using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Limits;

/// <summary>What the machine can do at most: the roofs of the roofline (Williams, Waterman and Patterson 2009).</summary>
public sealed record MachineLimits
{
    /// <summary>Bytes a second read from memory by all threads, or by one where that is more.</summary>
    public required double ReadBytesPerSecond { get; init; }

    /// <summary>Bytes a second read from memory by one thread.</summary>
    public required double ReadBytesPerSecondOfOne { get; init; }

    /// <summary>8-bit operations a second of all threads on data in the first-level cache; a multiplication and its addition are two.</summary>
    public required double Int8PerSecond { get; init; }

    /// <summary>The same of one thread.</summary>
    public required double Int8PerSecondOfOne { get; init; }

    /// <summary>The instruction that reached it.</summary>
    public required string Int8Instruction { get; init; }

    /// <summary>binary32 operations a second of all threads on data in the first-level cache.</summary>
    public required double FloatPerSecond { get; init; }

    /// <summary>The same of one thread.</summary>
    public required double FloatPerSecondOfOne { get; init; }

    /// <summary>The instruction that reached it.</summary>
    public required string FloatInstruction { get; init; }

    /// <summary>Measures the limits; about two seconds.</summary>
    public static MachineLimits Measure(int threads, CancellationToken cancellation = default)
    {
        using var buffer = ReadMeter.Allocate();
        var readOfOne = ReadMeter.Measure(buffer, 1, cancellation);
        var int8OfOne = PeakMeter.Best(PeakLoops.Int8, 1, cancellation);
        var floatOfOne = PeakMeter.Best(PeakLoops.Float, 1, cancellation);
        var int8 = threads == 1 ? int8OfOne : PeakMeter.Best(PeakLoops.Int8, threads, cancellation);
        var floats = threads == 1 ? floatOfOne : PeakMeter.Best(PeakLoops.Float, threads, cancellation);
        return new MachineLimits
        {
            ReadBytesPerSecond = threads == 1 ? readOfOne : Math.Max(readOfOne, ReadMeter.Measure(buffer, threads, cancellation)),
            ReadBytesPerSecondOfOne = readOfOne,
            Int8PerSecond = int8.OperationsPerSecond,
            Int8PerSecondOfOne = int8OfOne.OperationsPerSecond,
            Int8Instruction = int8.Name,
            FloatPerSecond = floats.OperationsPerSecond,
            FloatPerSecondOfOne = floatOfOne.OperationsPerSecond,
            FloatInstruction = floats.Name,
        };
    }

    /// <summary>The higher of two measurements, each by itself: what disturbs a measurement lowers it.</summary>
    public MachineLimits Best(MachineLimits other) => new()
    {
        ReadBytesPerSecond = Math.Max(ReadBytesPerSecond, other.ReadBytesPerSecond),
        ReadBytesPerSecondOfOne = Math.Max(ReadBytesPerSecondOfOne, other.ReadBytesPerSecondOfOne),
        Int8PerSecond = Math.Max(Int8PerSecond, other.Int8PerSecond),
        Int8PerSecondOfOne = Math.Max(Int8PerSecondOfOne, other.Int8PerSecondOfOne),
        Int8Instruction = Int8PerSecond >= other.Int8PerSecond ? Int8Instruction : other.Int8Instruction,
        FloatPerSecond = Math.Max(FloatPerSecond, other.FloatPerSecond),
        FloatPerSecondOfOne = Math.Max(FloatPerSecondOfOne, other.FloatPerSecondOfOne),
        FloatInstruction = FloatPerSecond >= other.FloatPerSecond ? FloatInstruction : other.FloatInstruction,
    };

    /// <summary>The least time that some work can take: reading its weights, or computing, whichever is longer.</summary>
    /// <returns>Seconds.</returns>
    public double LeastSeconds(ModelWork work) => Math.Max(
        work.Bytes / ReadBytesPerSecond,
        (work.Int8Operations / Int8PerSecond) + (work.FloatOperations / FloatPerSecond));
}

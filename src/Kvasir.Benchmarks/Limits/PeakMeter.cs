using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Limits;

/// <summary>How many operations a second a loop reaches.</summary>
internal static unsafe class PeakMeter
{
    private const double MinSeconds = 0.02;
    private const int Repeats = 5;

    /// <summary>The best of all loops that the machine has.</summary>
    public static PeakRate Best(IReadOnlyList<IPeakLoop> loops, int threads, CancellationToken cancellation)
    {
        var best = new PeakRate("", 0);
        foreach (var loop in loops.Where(loop => loop.IsSupported))
        {
            cancellation.ThrowIfCancellationRequested();
            var rate = Measure(loop, threads);
            if (rate > best.OperationsPerSecond)
                best = new PeakRate(loop.Name, rate);
        }

        return best;
    }

    /// <summary>Operations a second of all threads together; the best of several repeats.</summary>
    public static double Measure(IPeakLoop loop, int threads)
    {
        var memories = new NativeBuffer[threads];
        try
        {
            for (var i = 0; i < threads; i++)
                memories[i] = new NativeBuffer(PeakMemory.Bytes);
            var rounds = 1000L;
            double seconds;
            while ((seconds = Time(rounds)) < MinSeconds)
                rounds = Math.Max(rounds + 1, (long)(rounds * Math.Min(10, 1.2 * MinSeconds / Math.Max(seconds, 1e-6))));
            for (var i = 0; i < Repeats; i++)
                seconds = Math.Min(seconds, Time(rounds));
            return threads * rounds * loop.OperationsPerRound / seconds;
        }
        finally
        {
            foreach (var memory in memories)
                memory?.Dispose();
        }

        // Zeroes again: sums that were stored could be denormal as floats.
        double Time(long rounds)
        {
            foreach (var memory in memories)
                memory.AsSpan<byte>().Clear();
            return TogetherTimer.Run(threads, number => loop.Run(memories[number].Pointer, rounds));
        }
    }
}

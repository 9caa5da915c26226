using Kvasir.Numerics.Fusion;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>Measures fused chains on one thread: ratios of best times that were taken in turns, in one process.</summary>
public static class FusionBenchmark
{
    /// <summary>Floats of an array: in the first-level cache, in the second, beyond the last.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [4096, 262_144, 16_777_216];

    /// <summary>Runs everything; about a minute.</summary>
    /// <param name="report">Gets every check as it comes.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<FusionCheck> Run(Action<FusionCheck>? report = null, CancellationToken cancellation = default)
    {
        var checks = new List<FusionCheck>();
        void Add(FusionCheck check)
        {
            checks.Add(check);
            report?.Invoke(check);
        }

        HandSuite.Run(Add, Sizes, cancellation);
        StepSuite.Run(Add, Sizes, cancellation);
        BackSuite.Run(Add, cancellation);
        HorizontalSuite.Run(Add, cancellation);
        Add(Allocations());
        return checks;
    }

    private static unsafe FusionCheck Allocations()
    {
        using var memory = new Floats(2, 4096);
        var x = memory[0];
        var y = memory[1];
        Once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Once();
        return new("allocations: 1000 chains built and run", GC.GetAllocatedBytesForCurrentThread() - before, "bytes", 0, AtMost: true);

        void Once() => Fuse.Read(x, 4096).Then<Multiply>(2f).Then<Silu>().With(Fuse.Read(x, 4096)).Then<Add>().To(y).Run();
    }
}

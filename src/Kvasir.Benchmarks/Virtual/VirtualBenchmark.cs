namespace Kvasir.Benchmarks.Virtual;

/// <summary>Compares contiguous KV (both modes) with paged KV, in one process. Linux only.</summary>
public static class VirtualBenchmark
{
    /// <summary>Runs everything.</summary>
    /// <param name="model">Model for the measurements of whole steps.</param>
    /// <param name="quick">Shorter: contexts and rounds are smaller, the checks the same.</param>
    /// <param name="report">Gets every check as it comes.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PlatformNotSupportedException">Not on Linux.</exception>
    public static IReadOnlyList<VirtualCheck> Run(
        string model, bool quick = false, Action<VirtualCheck>? report = null, CancellationToken cancellation = default)
    {
        var checks = new List<VirtualCheck>();
        void Add(VirtualCheck check)
        {
            cancellation.ThrowIfCancellationRequested();
            checks.Add(check);
            report?.Invoke(check);
        }

        FragmentationSuite.Run(Add, quick);
        ReuseSuite.Run(Add, quick);
        AliasSuite.Run(Add);
        AttentionSuite.Run(Add, quick);
        using var steps = new StepSuite(model, quick);
        steps.Bits(Add);
        steps.Mapping(Add);
        steps.Speed(Add);
        return checks;
    }
}

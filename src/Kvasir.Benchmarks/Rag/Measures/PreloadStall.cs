namespace Kvasir.Benchmarks.Rag.Measures;

/// <summary>How long computing waits for layers that are loaded one after the other while earlier ones are computed.</summary>
internal static class PreloadStall
{
    /// <summary>Seconds in which nothing is computed, from the moment that the first layers are there.</summary>
    /// <param name="computeSeconds">Time to compute each layer <c>[layers]</c>.</param>
    /// <param name="loadSeconds">Time to load each layer <c>[layers]</c>.</param>
    /// <param name="preloaded">Layers that must be there before the first is computed.</param>
    public static double Seconds(ReadOnlySpan<double> computeSeconds, ReadOnlySpan<double> loadSeconds, int preloaded)
    {
        if (computeSeconds.Length != loadSeconds.Length || preloaded < 1 || preloaded > loadSeconds.Length)
            throw new ArgumentException($"{preloaded} layers are preloaded of {loadSeconds.Length}, and {computeSeconds.Length} are computed", nameof(preloaded));
        var (there, now, stalled) = (0.0, 0.0, 0.0);
        for (var layer = 0; layer < preloaded; layer++)
            now += loadSeconds[layer];
        for (var layer = 0; layer < loadSeconds.Length; layer++)
        {
            there += loadSeconds[layer];
            stalled += Math.Max(0, there - now);
            now = Math.Max(now, there) + computeSeconds[layer];
        }

        return stalled;
    }
}

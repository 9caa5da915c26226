namespace Kvasir.Benchmarks.Sessions;

/// <summary>What the stages of a cache's life cost, computed from the shapes of model and prompts and not read from the engine's counters.</summary>
/// <param name="PrefillFlops">Floating point operations of prompt rows.</param>
/// <param name="WrittenBytes">Keys and values written, those of answers included.</param>
/// <param name="FoundBytes">Keys and values found in the cache instead of being computed.</param>
/// <param name="ReadBytes">Keys and values read by decode steps.</param>
/// <param name="Steps">Decode steps.</param>
/// <param name="Sampled">Tokens sampled.</param>
internal readonly record struct StageCosts(double PrefillFlops, double WrittenBytes, double FoundBytes, double ReadBytes, long Steps, long Sampled)
{
    /// <summary>Keys and values that a decode step reads in the mean, bytes; 0 without steps.</summary>
    public double ReadBytesPerStep => Steps == 0 ? 0 : ReadBytes / Steps;

    public static StageCosts operator +(StageCosts one, StageCosts other) => new(
        one.PrefillFlops + other.PrefillFlops,
        one.WrittenBytes + other.WrittenBytes,
        one.FoundBytes + other.FoundBytes,
        one.ReadBytes + other.ReadBytes,
        one.Steps + other.Steps,
        one.Sampled + other.Sampled);
}

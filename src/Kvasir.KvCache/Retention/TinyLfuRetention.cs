using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Retention;

/// <summary>
/// Among the least recently used blocks the one whose prefix was seen least often goes first, the older one when equal. Prefixes are
/// counted with the sketch of TinyLFU, so one that was evicted and comes back is known; blocks used lately, which are not among the
/// candidates, are its window.
/// </summary>
public sealed class TinyLfuRetention : IRetentionPolicy
{
    private const int RememberedBlocks = 1 << 14;

    private readonly FrequencySketch _sketch = new();

    /// <inheritdoc/>
    public string Name => "tinylfu";

    /// <inheritdoc/>
    public void Seen(ulong prefix) => _sketch.Raise(prefix, RememberedBlocks);

    /// <inheritdoc/>
    public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates)
    {
        var victim = 0;
        var lowest = int.MaxValue;
        for (var i = 0; i < candidates.Length; i++)
        {
            var seen = _sketch.Estimate(candidates[i].Prefix);
            if (seen > lowest || (seen == lowest && candidates[i].Age <= candidates[victim].Age))
                continue;
            (victim, lowest) = (i, seen);
        }

        return victim;
    }
}

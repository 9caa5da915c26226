namespace Kvasir.KvCache.Tiers;

/// <summary>A rate as it was lately: an exponentially weighted mean, weighted by amount so that small samples say little.</summary>
/// <param name="initial">Units a second until something was measured.</param>
/// <param name="window">Amount after which an older sample counts for a third.</param>
internal sealed class RateEstimate(double initial, double window)
{
    private readonly Lock _gate = new();
    private double _seconds = window / initial;

    /// <summary>Units a second.</summary>
    public double PerSecond
    {
        get
        {
            lock (_gate)
                return window / _seconds;
        }
    }

    public void Add(double amount, double seconds)
    {
        if (amount <= 0 || seconds <= 0)
            return;
        lock (_gate)
        {
            var keep = Math.Exp(-amount / window);
            _seconds = (keep * _seconds) + ((1 - keep) * (window * seconds / amount));
        }
    }
}

namespace Kvasir.KvCache.Tiers;

/// <summary>
/// Whether a tier is worth asking. After some failures in a row it is bypassed for a while, twice as long each time that it fails again;
/// one success makes it healthy.
/// </summary>
internal sealed class TierHealth(TimeProvider time)
{
    private const int FailuresUntilBypass = 3;
    private const double FirstBypassSeconds = 1;
    private const double LongestBypassSeconds = 60;

    private readonly Lock _gate = new();
    private int _failures;
    private double _bypassSeconds = FirstBypassSeconds;
    private long _bypassedUntil = long.MinValue;

    /// <summary>Times that it was bypassed.</summary>
    public long Bypasses { get; private set; }

    /// <summary>False while it is bypassed. When that has passed, the next one to ask is the probe.</summary>
    public bool IsUsable
    {
        get
        {
            lock (_gate)
                return time.GetTimestamp() >= _bypassedUntil;
        }
    }

    /// <summary>It returned rows that are false: it is bypassed at once, for as long as can be.</summary>
    public void Distrust()
    {
        lock (_gate)
        {
            _failures = FailuresUntilBypass;
            _bypassSeconds = LongestBypassSeconds;
            Bypass();
        }
    }

    public void Succeeded()
    {
        lock (_gate)
        {
            _failures = 0;
            _bypassSeconds = FirstBypassSeconds;
        }
    }

    public void Failed()
    {
        lock (_gate)
        {
            if (++_failures < FailuresUntilBypass)
                return;
            Bypass();
        }
    }

    private void Bypass()
    {
        _bypassedUntil = time.GetTimestamp() + (long)(_bypassSeconds * time.TimestampFrequency);
        _bypassSeconds = Math.Min(2 * _bypassSeconds, LongestBypassSeconds);
        Bypasses++;
    }
}

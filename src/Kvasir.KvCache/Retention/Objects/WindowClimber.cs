namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// Finds the share of the window by climbing: goes on in its direction while more is found than before, turns when less is (Einziger,
/// Eytan, Friedman and Manes 2018, "Adaptive software cache management").
/// </summary>
/// <remarks>
/// Chunks of conversations are used a few times soon and then never: a window of 1 % is wrong for them by far, and a sample as long as the
/// paper's (ten times as many uses as objects) finds that out late. So samples are short and steps long; where frequency decides
/// that costs one to three points (docs/retention.md).
/// </remarks>
internal sealed class WindowClimber
{
    /// <summary>Share that it begins with.</summary>
    public const double FirstShare = 0.01;

    private const double MostShare = 0.8;
    private const double FirstStep = 0.1;
    private const double StepDecay = 0.98;
    private const double RestartAt = 0.05;
    private const int LeastSample = 256;

    private long _hits;
    private long _misses;
    private double _lastRate;
    private double _step = FirstStep;

    /// <summary>The window's share of the bytes.</summary>
    public double Share { get; private set; } = FirstShare;

    /// <summary>An object was found, or came in; <paramref name="objects"/> are there.</summary>
    public void Count(bool hit, int objects)
    {
        _hits += hit ? 1 : 0;
        _misses += hit ? 0 : 1;
        var seen = _hits + _misses;
        if (seen < Math.Max(LeastSample, objects))
            return;
        var rate = (double)_hits / seen;
        var change = rate - _lastRate;
        var direction = Math.Sign(_step) * (change >= 0 ? 1 : -1);
        _step = direction * (Math.Abs(change) >= RestartAt ? FirstStep : Math.Abs(_step) * StepDecay);
        Share = Math.Clamp(Share + _step, FirstShare, MostShare);
        _lastRate = rate;
        _hits = _misses = 0;
    }
}

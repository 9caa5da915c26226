using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>
/// Answers "what would more memory give" from live traffic: the hit rate of a tier with LRU of any size, from a sample of reuse distances
/// (Waldspurger et al. 2015, "Efficient MRC construction with SHARDS").
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>The distance of a use is the bytes of the objects used since the last use of the same one, and its own: a tier with LRU finds it
/// exactly when it has room for that.</item>
/// <item>The objects used last, a fixed number, are all known, so short distances are exact. Uses of what is not among them are judged by
/// the sample. (Not in the paper: a few chunks that most prompts ask for, each in the sample or not, would otherwise shift everything.)</item>
/// <item>A key is in the sample when its hash is below a threshold, so all its uses are seen or none. A distance in the sample is the bytes
/// of all objects used last, and of the sampled ones used before those, divided by the sampling rate.</item>
/// <item>When the sample grows too large, the threshold falls by an eighth until it is not; what was counted stays as it is, because every
/// use weighs its bytes divided by the rate of its time.</item>
/// </list>
/// All members may be called from any thread; one at a time holds a lock, for some microseconds.
/// </remarks>
public sealed class GhostIndex
{
    private const double ThresholdStep = 0.875;
    private const int LeastObjects = 16;

    private readonly Lock _lock = new();
    private readonly GhostIndexOptions _options;
    private readonly int _half;
    private readonly RecencyStack _latest;
    private readonly RecencyStack _sample;
    private readonly DistanceHistogram _near = new();
    private readonly DistanceHistogram _far = new();
    private double _rate;
    private ulong _threshold;
    private long _accesses;
    private long _bytes;
    private long _untilHalving;

    // Bytes of the latest objects that are in the sample too.
    private long _latestSampled;

    // Bytes of the time that the prediction speaks of: asked for, of those far, and as many as the sample says were far.
    private double _asked;
    private double _askedFar;
    private double _sampledFar;

    /// <exception cref="ArgumentOutOfRangeException">A number is outside of what its option allows.</exception>
    public GhostIndex(GhostIndexOptions? options = null)
    {
        _options = options ?? new GhostIndexOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxObjects, LeastObjects, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxObjects, 1 << 28, nameof(options));
        if (!(_options.SamplingRate is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), $"a sampling rate is above 0 and at most 1, not {_options.SamplingRate}");
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.HorizonBytes ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.HalveEvery ?? 1, 1, nameof(options));

        // One more than is kept, because the new object comes in before others are dropped.
        _half = _options.MaxObjects / 2;
        _latest = new RecencyStack(_half + 1);
        _sample = new RecencyStack(_half + 1);
        _untilHalving = _options.HalveEvery ?? long.MaxValue;
        SetRate(_options.SamplingRate);
    }

    /// <summary>Counters and the sampling rate.</summary>
    public GhostStatus Status
    {
        get
        {
            lock (_lock)
                return new GhostStatus(_accesses, _bytes, _latest.Count + _sample.Count, _rate);
        }
    }

    /// <summary>An object is asked for, found or not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has no size.</exception>
    public void Observe(BlockKey key, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        lock (_lock)
        {
            Measure(key, bytes);
            Renew(key, bytes);
        }
    }

    /// <summary>
    /// The chunks of a prompt are asked for, from its beginning to its end. What is found depends on what was there before any of them, and
    /// the first chunk counts as used last, as with a tier that is told of them in that order (<see cref="ICachePolicy"/>).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">One has no size.</exception>
    public void ObservePrompt(ReadOnlySpan<GhostAccess> chunks)
    {
        foreach (var chunk in chunks)
            ArgumentOutOfRangeException.ThrowIfLessThan(chunk.Bytes, 1, nameof(chunks));
        lock (_lock)
        {
            foreach (var chunk in chunks)
                Measure(chunk.Key, chunk.Bytes);
            for (var i = chunks.Length - 1; i >= 0; i--)
                Renew(chunks[i].Key, chunks[i].Bytes);
        }
    }

    /// <summary>The hit rate that a tier of <paramref name="bytes"/> with LRU would have had, from 0 to 1; 0 before anything was asked for.</summary>
    public double Predict(long bytes)
    {
        lock (_lock)
            return PredictLocked(bytes);
    }

    /// <summary>The hit rate at <paramref name="points"/> sizes, evenly from <paramref name="maxBytes"/> / points to maxBytes.</summary>
    public IReadOnlyList<GhostPoint> Curve(long maxBytes, int points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        var curve = new GhostPoint[points];
        lock (_lock)
        {
            for (var i = 0; i < points; i++)
            {
                var bytes = (long)(maxBytes * ((i + 1.0) / points));
                curve[i] = new GhostPoint(bytes, PredictLocked(bytes));
            }
        }

        return curve;
    }

    private double PredictLocked(long bytes)
    {
        if (_asked <= 0 || bytes < 1)
            return 0;
        var far = _sampledFar > 0 ? _far.UpTo(bytes) * _askedFar / _sampledFar : 0;
        return Math.Clamp((_near.UpTo(bytes) + far) / _asked, 0, 1);
    }

    /// <summary>Counts a use at the distance that it has now.</summary>
    private void Measure(BlockKey key, long bytes)
    {
        _accesses++;
        _bytes += bytes;
        _asked += bytes;
        if (--_untilHalving == 0)
            Halve();
        if (_latest.TryFind(key, out var latest))
        {
            _near.Add(bytes + _latest.BytesAfter(latest), bytes);
            return;
        }

        _askedFar += bytes;
        if (HashOf(key) > _threshold)
            return;
        _sampledFar += bytes / _rate;
        if (_sample.TryFind(key, out var sampled))
            _far.Add(bytes + _latest.Bytes + ((_sample.BytesAfter(sampled) - _latestSampled) / _rate), bytes / _rate);
    }

    /// <summary>Makes an object the newest, and keeps the bounds.</summary>
    private void Renew(BlockKey key, long bytes)
    {
        var hash = HashOf(key);
        if (_latest.TryFind(key, out var before))
            _latestSampled -= InSample(before);
        _latest.Renew(key, hash, bytes);
        _latestSampled += hash <= _threshold ? bytes : 0;
        if (_latest.Count > _half)
        {
            var oldest = _latest.Oldest!;
            _latestSampled -= InSample(oldest);
            _latest.Drop(oldest);
        }

        if (hash > _threshold)
            return;
        _sample.Renew(key, hash, bytes);
        while (_options.HorizonBytes is { } horizon && _sample.Oldest is { } oldest && _sample.BytesAfter(oldest) / _rate >= horizon)
            _sample.Drop(oldest);
        while (_sample.Count > _half)
            LowerThreshold();
    }

    private void LowerThreshold()
    {
        SetRate(_rate * ThresholdStep);
        _sample.DropAbove(_threshold);
        _latestSampled = _latest.BytesUpTo(_threshold);
    }

    private long InSample(TrackedObject tracked) => tracked.Hash <= _threshold ? tracked.Bytes : 0;

    private void SetRate(double rate)
    {
        _rate = rate;
        _threshold = rate >= 1 ? ulong.MaxValue : (ulong)(rate * ulong.MaxValue);
    }

    private void Halve()
    {
        _untilHalving = _options.HalveEvery ?? long.MaxValue;
        _asked /= 2;
        _askedFar /= 2;
        _sampledFar /= 2;
        _near.Halve();
        _far.Halve();
    }

    // Mixed once more than the sketches of policies do, so that the sample is none of theirs.
    private static ulong HashOf(BlockKey key) => BlockKey.Mix64(key.Mix());
}

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>From how many tokens on predicted rows are quicker than computed ones, from measured rates.</summary>
/// <remarks>Used by several threads. It only advises: a decision that depended on time would not be the same in every run.</remarks>
public sealed class BreakEven
{
    private readonly Lock _gate = new();
    private (double Tokens, double Seconds) _dense;
    private (double Tokens, double Seconds) _reused;

    /// <summary>Seconds of a computed token; NaN while none was seen.</summary>
    public double DenseSecondsPerToken => Read(() => _dense.Seconds / _dense.Tokens);

    /// <summary>Seconds of a predicted token; NaN while none was seen.</summary>
    public double ReusedSecondsPerToken => Read(() => _reused.Seconds / _reused.Tokens);

    /// <summary>
    /// Tokens from which on prediction pays, when a call costs <paramref name="overheadSeconds"/> beside its tokens (comparing texts); positive
    /// infinity when it never does, NaN while too little was seen.
    /// </summary>
    public double Tokens(double overheadSeconds)
    {
        var gain = DenseSecondsPerToken - ReusedSecondsPerToken;
        return double.IsNaN(gain) ? double.NaN : gain <= 0 ? double.PositiveInfinity : overheadSeconds / gain;
    }

    /// <summary>Tokens were computed.</summary>
    public void AddDense(int tokens, double seconds)
    {
        lock (_gate)
            _dense = (_dense.Tokens + tokens, _dense.Seconds + seconds);
    }

    /// <summary>Tokens were predicted and written.</summary>
    public void AddReused(int tokens, double seconds)
    {
        lock (_gate)
            _reused = (_reused.Tokens + tokens, _reused.Seconds + seconds);
    }

    private double Read(Func<double> read)
    {
        lock (_gate)
            return read();
    }
}

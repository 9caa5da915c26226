namespace Kvasir.Serving.Telemetry;

/// <summary>Tokens a second over the last ten seconds. Not thread-safe.</summary>
internal sealed class TokenRate(TimeProvider time)
{
    private const int Seconds = 10;

    private readonly long[] _tokens = new long[Seconds];
    private readonly long _start = time.GetTimestamp();
    private long _second;

    public void Add(int tokens)
    {
        Advance();
        _tokens[_second % Seconds] += tokens;
    }

    public double PerSecond()
    {
        Advance();
        return _tokens.Sum() / (double)Seconds;
    }

    private void Advance()
    {
        var now = (long)time.GetElapsedTime(_start).TotalSeconds;
        for (var second = Math.Max(_second + 1, now - Seconds + 1); second <= now; second++)
            _tokens[second % Seconds] = 0;
        _second = Math.Max(_second, now);
    }
}

namespace Kvasir.Benchmarks.Tiers.Faults;

/// <summary>A clock that goes on with the operations: what waits for seconds in service, such as a bypassed tier, then waits for some of them.</summary>
internal sealed class OperationTime : TimeProvider
{
    private const long TicksPerOperation = 50 * TimeSpan.TicksPerMillisecond;

    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    /// <summary>An operation was done.</summary>
    public void Advance() => Interlocked.Add(ref _ticks, TicksPerOperation);
}

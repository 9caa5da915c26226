namespace Kvasir.Benchmarks.Pressure;

/// <summary>Reads the counters at both ends of what is timed, and adds everything up.</summary>
/// <param name="counters">Where the counters come from.</param>
internal sealed class PressureWatch(ProcessorCounters counters)
{
    private readonly HashSet<int> _peers = [];

    /// <summary>Of all that was timed.</summary>
    public PressureMeter Total { get; } = new();

    /// <summary>A process that belongs to the benchmark.</summary>
    public void Watch(int process) => _peers.Add(process);

    /// <summary>A process that is about to end: from then on its time is among that of ended children.</summary>
    public void Forget(int process) => _peers.Remove(process);

    public ProcessorReading? Read() => counters.Read(_peers);
}

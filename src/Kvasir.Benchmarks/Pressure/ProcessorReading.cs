namespace Kvasir.Benchmarks.Pressure;

/// <summary>What the system has counted up to a moment; two of them give what happened between.</summary>
/// <param name="WallSeconds">The moment.</param>
/// <param name="BusySeconds">Processor time of everybody, on the processors that this process may use.</param>
/// <param name="StealSeconds">Time in which a hypervisor gave those processors to others.</param>
/// <param name="OwnSeconds">Processor time of this process, of the peers and of processes that were started and have ended.</param>
/// <param name="SomeSeconds">Time in which at least one thread waited for a processor; null where the kernel does not count it.</param>
internal readonly record struct ProcessorReading(double WallSeconds, double BusySeconds, double StealSeconds, double OwnSeconds, double? SomeSeconds);

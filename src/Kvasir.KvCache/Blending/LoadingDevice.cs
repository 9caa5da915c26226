namespace Kvasir.KvCache.Blending;

/// <summary>A place that chunks could be kept at.</summary>
/// <param name="Name">Name.</param>
/// <param name="BytesPerSecond">Measured throughput of loads.</param>
/// <param name="Cost">What keeping a byte there costs, in any unit.</param>
public readonly record struct LoadingDevice(string Name, double BytesPerSecond, double Cost);

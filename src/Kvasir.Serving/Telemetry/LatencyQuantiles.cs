namespace Kvasir.Serving.Telemetry;

/// <summary>The median and the 95th percentile of some latencies.</summary>
internal sealed record LatencyQuantiles(TimeSpan P50, TimeSpan P95);

namespace Kvasir.Benchmarks.Peers;

/// <summary>A peer could not be started, could not do a turn, or is gone; the benchmark goes on without it.</summary>
public sealed class PeerException(string message, Exception? inner = null) : Exception(message, inner);

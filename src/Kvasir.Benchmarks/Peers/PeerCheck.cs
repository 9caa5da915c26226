using Kvasir.Benchmarks.Pressure;

namespace Kvasir.Benchmarks.Peers;

/// <summary>What came out of a check. A number that is not there is null.</summary>
public sealed record PeerCheck
{
    /// <summary>Its name, e.g. <c>prefill512</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The unit of its values.</summary>
    public required string Unit { get; init; }

    /// <summary>Kvasir's middle value, with the number of threads that is better for it.</summary>
    public double? Kvasir { get; init; }

    /// <summary>The same of the best peer.</summary>
    public double? Peer { get; init; }

    /// <summary>Kvasir's best value.</summary>
    public double? KvasirBest { get; init; }

    /// <summary>The peer's best value.</summary>
    public double? PeerBest { get; init; }

    /// <summary>Kvasir's value divided by the peer's.</summary>
    public double? Ratio => Kvasir / Peer;

    /// <summary>The best values' ratio.</summary>
    public double? BestRatio => KvasirBest / PeerBest;

    /// <summary>Which peer it is.</summary>
    public string? PeerName { get; init; }

    /// <summary>The threads that are better for Kvasir.</summary>
    public int? KvasirThreads { get; init; }

    /// <summary>The threads that are better for the peer.</summary>
    public int? PeerThreads { get; init; }

    /// <summary>The share of the machine's limit that Kvasir's middle value reaches; of an allowance (memory), the share that it uses.</summary>
    public double? LimitFraction { get; init; }

    /// <summary>What others did to the machine meanwhile.</summary>
    public PressureShare? Pressure { get; init; }

    /// <summary>What else there is to say: sizes that were shortened, contestants that failed.</summary>
    public string? Note { get; init; }

    /// <summary>The step that <see cref="LimitFraction"/> is about, and its tokens.</summary>
    internal (ModelWork Work, int Tokens)? Step { get; init; }
}

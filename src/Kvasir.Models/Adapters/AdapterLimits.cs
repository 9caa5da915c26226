namespace Kvasir.Models;

/// <summary>Bounds on what an adapter may claim, and which matrices one can change.</summary>
internal static class AdapterLimits
{
    public const int MaxRank = 4096;

    /// <summary>Elements of one matrix; the file must hold them all.</summary>
    public const long MaxElements = 1 << 29;

    /// <summary>Bytes of all matrices together, decoded.</summary>
    public const long MaxBytes = 16L << 30;

    public const string Supported = "adapters of query, key, value, attention output, gate, up and down projections are";

    public static IReadOnlyList<WeightRole> Roles { get; } =
    [
        WeightRole.Query, WeightRole.Key, WeightRole.Value, WeightRole.AttentionOutput, WeightRole.Gate, WeightRole.Up, WeightRole.Down,
    ];
}

namespace Kvasir.KvCache.Virtual;

/// <summary>How far the worker looks ahead beyond the next row (the constants of the published system).</summary>
internal static class MapAheadLimits
{
    /// <summary>Steps looked ahead, the next one included.</summary>
    public const int Steps = 10;

    /// <summary>Blocks mapped for steps behind the next one.</summary>
    public const int Blocks = 2;
}

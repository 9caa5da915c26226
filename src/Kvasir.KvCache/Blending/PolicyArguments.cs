namespace Kvasir.KvCache.Blending;

/// <summary>Checks what blend policies are made with.</summary>
internal static class PolicyArguments
{
    /// <summary>A share of rows.</summary>
    public static double Ratio(double ratio) =>
        ratio is >= 0 and <= 1 ? ratio : throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "the share of rows to repair is 0 to 1");
}

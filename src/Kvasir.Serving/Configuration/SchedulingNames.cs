using Kvasir.Engine.Scheduling;

namespace Kvasir.Serving.Configuration;

/// <summary>The scheduling policies by name.</summary>
public static class SchedulingNames
{
    private const string FirstCome = "first-come";
    private const string CacheAware = "cache-aware";

    /// <summary>All names, the default first.</summary>
    public static IReadOnlyList<string> All { get; } = [FirstCome, CacheAware];

    /// <summary>The name of a policy.</summary>
    public static string Of(ISchedulingPolicy policy) => policy is CacheAwareScheduling ? CacheAware : FirstCome;

    /// <summary>A new policy: an instance serves one engine.</summary>
    public static ISchedulingPolicy Create(string name) => name == CacheAware ? new CacheAwareScheduling() : new FirstComeScheduling();
}

using Kvasir.KvCache.Tests.Tiers.Disk;

namespace Kvasir.KvCache.Tests;

/// <summary>The test assembly as a program: the child that a test kills. The test runner does not come here.</summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        if (args is [StoreUntilKilled.Argument, var root, var seed])
            StoreUntilKilled.Run(root, int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture));
    }
}

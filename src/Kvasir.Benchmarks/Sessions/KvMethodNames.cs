namespace Kvasir.Benchmarks.Sessions;

/// <summary>Names of the ways of keeping keys and values that can be measured.</summary>
public static class KvMethodNames
{
    /// <summary>The simple ones, for help.</summary>
    public static IReadOnlyList<string> Known => KvMethods.Names;

    /// <summary>Why nothing has a name, simple or of two parts such as <c>snapkv+q8_0</c>; null when something has.</summary>
    public static string? WhyNot(string name) => KvMethods.WhyNot(name);
}

namespace Kvasir.KvCache.Virtual;

/// <summary>The names that configuration uses for <see cref="KvMemory"/>.</summary>
public static class KvMemoryNames
{
    /// <summary>All names, in the order of the values.</summary>
    public static IReadOnlyList<string> All { get; } = ["paged", "contiguous-private", "contiguous-shared"];

    /// <summary>The name of a value.</summary>
    public static string Of(KvMemory memory) => All[(int)memory];

    /// <summary>Reads a name, in any case.</summary>
    public static bool TryParse(string name, out KvMemory memory)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (!string.Equals(All[i], name, StringComparison.OrdinalIgnoreCase))
                continue;
            memory = (KvMemory)i;
            return true;
        }

        memory = KvMemory.Paged;
        return false;
    }
}

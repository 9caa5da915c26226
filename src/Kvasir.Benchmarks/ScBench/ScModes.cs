namespace Kvasir.Benchmarks.ScBench;

/// <summary>Names of the modes.</summary>
public static class ScModes
{
    private static readonly (string Name, ScMode Mode)[] Known =
        [("multi-turn", ScMode.MultiTurn), ("multi-turn-own", ScMode.MultiTurnOwn), ("multi-request", ScMode.MultiRequest)];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The name of a mode.</summary>
    public static string Name(ScMode mode) => Known.First(known => known.Mode == mode).Name;

    /// <summary>The mode of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ScMode Parse(string name) => Known.FirstOrDefault(known => known.Name == name) is { Name: not null } known
        ? known.Mode
        : throw new ArgumentException($"mode '{name}' is unknown; known: {string.Join(", ", Names)}", nameof(name));
}

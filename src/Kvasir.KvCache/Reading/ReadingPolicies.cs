namespace Kvasir.KvCache.Reading;

/// <summary>The ways to read fewer rows than are kept, by name.</summary>
public static class ReadingPolicies
{
    private static readonly (string Name, string What, Func<IReadingPolicy> Create)[] Known =
    [
        ("quest", "each token of the answer reads the pages whose keys may score highest", () => new QuestPolicy()),
        ("a-shape", "the prompt reads its first rows and a window; the answer reads all", () => new ShapePolicy("a-shape", denseRows: 0)),
        ("tri-shape", "A-shape, the prompt's last 100 queries read all", () => new ShapePolicy("tri-shape", denseRows: 100)),
        ("minference", "the prompt reads columns and diagonals by head, chunk by chunk; the answer reads all", () => new VerticalSlashPolicy()),
        ("infllm", "prompt and answer read first rows, a window, and the blocks whose best keys score highest", () => new InfLlmPolicy()),
    ];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(policy => policy.Name)];

    /// <summary>What is read, in a few words.</summary>
    public static string Describe(string name) => Find(name).What;

    /// <summary>A policy.</summary>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public static IReadingPolicy Create(string name) => Find(name).Create();

    private static (string Name, string What, Func<IReadingPolicy> Create) Find(string name)
    {
        foreach (var policy in Known)
        {
            if (policy.Name == name)
                return policy;
        }

        throw new ArgumentException($"reading policy '{name}' is unknown; known: {string.Join(", ", Names)}", nameof(name));
    }
}

namespace Kvasir.KvCache.Compression;

/// <summary>The compression policies, by name.</summary>
public static class CompressionPolicies
{
    private static readonly string[] KnownNames =
        ["streamingllm", "streamingllm-true", "h2o", "tova", "snapkv", "pyramidkv", "adakv", "cake", "cake-mean", "cake-uniform", "cake-pyramid"];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names => KnownNames;

    /// <summary>A policy.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public static ICompressionPolicy Create(string name) => name switch
    {
        "streamingllm" => new StreamingLlmPolicy(),
        "streamingllm-true" => new StreamingLlmPolicy(positionsInCache: false),
        "h2o" => new H2OPolicy(),
        "tova" => new TovaPolicy(),
        "snapkv" => new SnapKvPolicy(),
        "pyramidkv" => new SnapKvPolicy("pyramidkv", pyramid: true),
        "adakv" => new SnapKvPolicy("adakv", adaptive: true),
        "cake" => new CakePolicy(name, new CakeOptions()),
        "cake-mean" => new CakePolicy(name, new CakeOptions { Gamma = 0 }),
        "cake-uniform" => new CakePolicy(name, new CakeOptions { Budgets = CakeOptions.Split.Uniform }),
        "cake-pyramid" => new CakePolicy(name, new CakeOptions { Budgets = CakeOptions.Split.Pyramid }),
        _ => throw new ArgumentException($"KV policy '{name}' is unknown; known: {string.Join(", ", KnownNames)}", nameof(name)),
    };
}

namespace Kvasir.Models;

/// <summary>The architectures of GGUF files that are read and written.</summary>
internal static class GgufFamilies
{
    private static readonly GgufFamily[] All = [.. GgufDecoders.All, .. GgufOtherDecoders.All, .. GgufExperts.All];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(family => family.Name).Order(StringComparer.Ordinal);

    /// <summary>The architecture of a file, or null.</summary>
    public static GgufFamily? Named(string name) => All.FirstOrDefault(family => family.Name == name);

    /// <summary>The architecture that a model is written as, or null when there is none.</summary>
    public static GgufFamily? For(ModelConfig config) =>
        All.FirstOrDefault(family => family.Name == config.Architecture || family.ModelTypes.Contains(config.Architecture));
}

using Kvasir.Engine.Compression;
using Kvasir.Engine.Reading;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.KvCache.Reading;

namespace Kvasir.Engine.Requests;

/// <summary>A KV policy as people name it: one that keeps fewer rows, or one that reads fewer of those that are kept.</summary>
/// <param name="Compression">What is kept; null when everything is.</param>
/// <param name="Reading">What is read; null when everything is.</param>
public readonly record struct KvChoice(KvCompression? Compression, SparseReading? Reading)
{
    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. CompressionPolicies.Names, .. ReadingPolicies.Names];

    /// <summary>Reads <c>name</c>, <c>name:share</c> or <c>name:rows</c>, such as <c>snapkv:0.25</c>, <c>snapkv+kivi2:0.25</c> or <c>quest:1024</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="profiles">What was measured of the model.</param>
    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static KvChoice Parse(string text, ModelProfiles? profiles)
    {
        var name = NameOf(text);
        if (WhyNot(name) is { } reason)
            throw new FormatException(reason);
        return ReadsOnly(name) ? new KvChoice(null, SparseReading.Parse(text)) : new KvChoice(KvCompression.Parse(text, profiles), null);
    }

    /// <summary>Why there is no policy of a name, or null when there is.</summary>
    public static string? WhyNot(string name)
    {
        if (ReadsOnly(name))
            return null;
        var policy = name.Split('+', 2)[0];
        if (ReadsOnly(policy))
            return $"KV policy '{name}': {policy} keeps all rows as they are and reads fewer; write {policy} alone";
        return CompressionPolicies.Names.Contains(policy) ? CompressionPolicies.WhyNot(name) : $"KV policy '{policy}' is unknown; known: {string.Join(", ", Names)}";
    }

    /// <summary>The name in a text that <see cref="Parse"/> reads.</summary>
    public static string NameOf(string text) => text.Split(':', 2)[0];

    /// <summary>What a policy keeps or reads, in a few words.</summary>
    public static string Describe(string name) => ReadsOnly(name) ? ReadingPolicies.Describe(name) : CompressionPolicies.Describe(name);

    /// <summary>What a policy must know of the model.</summary>
    public static ProfileKind ProfileOf(string name) => ReadsOnly(name) ? ProfileKind.None : CompressionPolicies.ProfileOf(name);

    /// <summary>False when a policy has no choice of how much it keeps or reads.</summary>
    public static bool TakesBudget(string name) => ReadsOnly(name) || CompressionPolicies.TakesBudget(name);

    /// <summary>True when a policy keeps everything and reads less.</summary>
    public static bool ReadsOnly(string name) => ReadingPolicies.Names.Contains(name);

    /// <summary>The request with this choice.</summary>
    public GenerationRequest ApplyTo(GenerationRequest request) => request with { Compression = Compression, Reading = Reading };
}

using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;

namespace Kvasir.Serving.Configuration;

/// <summary>A smaller KV cache for long prompts. Answers are then approximate (guarantee G2), so it is off unless somebody asks for it.</summary>
public sealed record CompressionConfiguration
{
    /// <summary>The policy that keeps everything.</summary>
    public const string Off = "off";

    /// <summary>What holds for requests that say nothing: <see cref="Off"/>, or a policy with a share or number of rows, such as <c>cake:0.25</c>.</summary>
    public string Policy { get; init; } = Off;

    /// <summary>Shorter prompts keep everything.</summary>
    public int MinTokens { get; init; } = 512;

    /// <summary>Whether requests may choose another policy or budget; they may always choose <see cref="Off"/>.</summary>
    public bool RequestsMayChoose { get; init; } = true;

    /// <param name="settings">What is set.</param>
    /// <param name="fallback">What holds where nothing is set.</param>
    internal static CompressionConfiguration Read(SettingReader settings, CompressionConfiguration fallback) => new()
    {
        Policy = settings.Text(
            "policy",
            fallback.Policy,
            $"Which rows of prompts stay in the KV cache, or are read of it, for requests that do not say: off, or NAME:SHARE or NAME:ROWS with one of {string.Join(", ", KvChoice.Names)}; NAME+{string.Join(" or NAME+", CompressionPolicies.Forms)} packs the rows that stay. Answers are then approximate.")!,
        MinTokens = settings.Number("minTokens", fallback.MinTokens, 1, "Shorter prompts keep all rows, where requests do not say.")!.Value,
        RequestsMayChoose = settings.Flag("requestsMayChoose", fallback.RequestsMayChoose, "Whether requests may choose another policy with kvasir.kv; off they may always choose."),
    };

    /// <summary>Throws when the policy does not exist. Whether a model has the profile that it stands on shows when the model is asked.</summary>
    /// <param name="where">Name of the setting.</param>
    /// <exception cref="ConfigurationException">Says what is wrong and what to write.</exception>
    internal void Validate(string where)
    {
        var name = KvChoice.NameOf(Policy);
        if (name != Off && KvChoice.WhyNot(name) is { } reason)
            throw new ConfigurationException($"{where} is '{Policy}'; allowed: {Off}, or NAME:SHARE. {reason}");
        if (Policy.Contains(':', StringComparison.Ordinal) && name != Off && !KvChoice.TakesBudget(name))
            throw new ConfigurationException($"{where} is '{Policy}'; {name} takes no budget: write {name} alone");
    }
}

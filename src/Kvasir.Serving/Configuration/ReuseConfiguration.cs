using Kvasir.KvCache.Blending;

namespace Kvasir.Serving.Configuration;

/// <summary>
/// Reuse that is not a prefix: text that recurs behind another prefix need not be computed again. The answers are then approximate (guarantee
/// G2), so it is off unless somebody asks for it.
/// </summary>
public sealed record ReuseConfiguration
{
    /// <summary>The policy that computes everything.</summary>
    public const string Off = "off";

    /// <summary>What holds for requests that name no policy: <see cref="Off"/>, a name, or a name with its ratio such as <c>cacheblend:0.15</c>.</summary>
    public string Policy { get; init; } = Off;

    /// <summary>Whether requests may choose another policy, ratio or way to find text; they may always choose <see cref="Off"/>.</summary>
    public bool RequestsMayChoose { get; init; } = true;

    /// <summary>Whether fragments of any earlier prompt are looked for in requests that do not say; otherwise only marked parts are reused.</summary>
    public bool FindFragments { get; init; }

    /// <summary>Fewer reusable tokens of a prompt than this are computed.</summary>
    public int MinTokens { get; init; } = 64;

    /// <summary>Whether anything is reused by requests that do not say.</summary>
    internal bool IsOn => Policy != Off;

    /// <param name="settings">What is set.</param>
    /// <param name="fallback">What holds where nothing is set.</param>
    internal static ReuseConfiguration Read(SettingReader settings, ReuseConfiguration fallback) => new()
    {
        Policy = settings.Text(
            "policy",
            fallback.Policy,
            $"Which rows of text that recurs behind another prefix are computed again, for requests that do not say: off, or NAME:RATIO with one of {string.Join(", ", BlendPolicies.Names)}. Answers are then approximate.")!,
        RequestsMayChoose = settings.Flag("requestsMayChoose", fallback.RequestsMayChoose, "Whether requests may choose another policy with kvasir.reuse; off they may always choose."),
        FindFragments = settings.Flag("findFragments", fallback.FindFragments, "Whether fragments of any earlier prompt are looked for, not only parts that requests mark."),
        MinTokens = settings.Number("minTokens", fallback.MinTokens, 1, "Fewer reusable tokens of a prompt are computed.")!.Value,
    };

    /// <summary>Throws when the policy does not exist.</summary>
    /// <param name="where">Name of the setting.</param>
    /// <exception cref="ConfigurationException">Says what is wrong and what to write.</exception>
    internal void Validate(string where)
    {
        if (!IsOn)
            return;
        try
        {
            BlendPolicies.Parse(Policy);
        }
        catch (FormatException exception)
        {
            throw new ConfigurationException($"{where}: {exception.Message}, or {Off}", exception);
        }
    }
}

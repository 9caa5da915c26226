using System.Globalization;
using Kvasir.Engine.Blending;
using Kvasir.KvCache.Blending;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Tenancy;

namespace Kvasir.Serving.Requests;

/// <summary>How text that recurs behind another prefix is reused by a request, and who chose it.</summary>
/// <param name="Policy">The policy as it is written, e.g. <c>cacheblend:0.15</c>, or <c>off</c>.</param>
/// <param name="Find">Whether earlier text is looked for in what is not marked.</param>
/// <param name="MinTokens">Fewer reusable tokens are computed.</param>
/// <param name="WhyOff">Why nothing is reused although the server would; null where that needs no word.</param>
internal sealed record ReuseChoice(string Policy, bool Find, int MinTokens, string? WhyOff = null)
{
    /// <summary>Ratios of requests are rounded to this, so that nobody can have ever new policies audited.</summary>
    private const int RatioDigits = 2;

    private const double DefaultRatio = 0.15;

    /// <summary>Whether anything may be reused.</summary>
    public bool IsOn => Policy != ReuseConfiguration.Off;

    /// <summary>What holds for a request.</summary>
    /// <param name="kvasir">What the request says.</param>
    /// <param name="tenant">Who sends it.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="ApiException">The policy does not exist, may not be chosen, or cannot be combined with what else is asked for.</exception>
    public static ReuseChoice Of(KvasirFields kvasir, Tenant tenant, ModelService model)
    {
        var (fields, rules) = (kvasir.Reuse, tenant.Reuse);
        var policy = Written(fields, rules);
        var minTokens = fields.MinTokens ?? rules.MinTokens;
        var find = fields.Find ?? rules.FindFragments;
        if (policy == ReuseConfiguration.Off)
            return new ReuseChoice(policy, find, minTokens);
        var own = rules.IsOn ? Written(new ReuseFields(), rules) : ReuseConfiguration.Off;
        if (!rules.RequestsMayChoose && (policy != own || (find && !rules.FindFragments) || minTokens < rules.MinTokens))
            throw ApiException.Forbidden(ReuseFields.Name, $"the operator has chosen how text is reused ({own}); leave out kvasir.reuse and kvasir.find, or send \"kvasir\": {{\"reuse\": \"off\"}}");
        if (kvasir.Receipt)
        {
            return fields.Policy is null
                ? new ReuseChoice(ReuseConfiguration.Off, find, minTokens, "a receipt proves the bits of a cold run, which an answer with chunk reuse has not")
                : throw ApiException.Invalid(ReuseFields.Name, $"{ReuseFields.Name} and kvasir.receipt cannot be combined: a receipt proves the bits of a cold run, which an answer with chunk reuse has not; leave one of the two out");
        }

        if (ReuseChecks.Obstacle(model.Options) is { } obstacle)
            throw ApiException.Invalid(ReuseFields.Name, $"{ReuseFields.Name} cannot be {policy} with this model: {obstacle}");
        return new ReuseChoice(policy, find, minTokens);
    }

    /// <summary>What the engine is to do.</summary>
    /// <param name="parts">Parts of the prompt that may be reused.</param>
    /// <returns>Null when nothing may be reused.</returns>
    public BlendRequest? ToRequest(IReadOnlyList<ChunkPart> parts) => IsOn && (Find || parts.Count > 0)
        ? new BlendRequest { Policy = BlendPolicies.Parse(Policy), Parts = parts, Fragments = Find, MinTokens = MinTokens }
        : null;

    /// <summary>The policy with its ratio: the operator's as he wrote it, a request's with its ratio rounded.</summary>
    private static string Written(ReuseFields fields, ReuseConfiguration rules)
    {
        var isOwn = fields.Ratio is null && (fields.Policy is null || fields.Policy == rules.Policy);
        var text = fields.Policy ?? rules.Policy;
        if (text == ReuseConfiguration.Off)
        {
            return fields is { Policy: null, Ratio: not null }
                ? throw ApiException.Invalid($"{ReuseFields.Name}.policy", $"{ReuseFields.Name}.policy is missing, and this server has none of its own; name one of {string.Join(", ", BlendPolicies.Names)}", "missing_required_parameter")
                : text;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        var ratio = fields.Ratio ?? DefaultRatio;
        if (fields.Ratio is null && colon >= 0 && !double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out ratio))
            throw ApiException.Invalid(ReuseFields.Name, $"{ReuseFields.Name} is '{text}'; write a policy and its ratio as cacheblend:0.15");
        var written = string.Create(CultureInfo.InvariantCulture, $"{name}:{(isOwn ? ratio : Math.Round(ratio, RatioDigits))}");
        try
        {
            BlendPolicies.Parse(written);
        }
        catch (FormatException exception)
        {
            throw ApiException.Invalid(ReuseFields.Name, $"{ReuseFields.Name}: {exception.Message}, or {ReuseConfiguration.Off}", cause: exception);
        }

        return written;
    }
}

using System.Globalization;
using System.Text.Json;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Tenancy;

namespace Kvasir.Serving.Requests;

/// <summary>
/// What a request says about keeping or reading fewer rows: <c>kvasir.kv</c>, which is <c>"off"</c>, a policy such as <c>"cake:0.25"</c>, or an
/// object of policy and budget (a share up to 1, or a number of rows). Null where it says nothing.
/// </summary>
internal static class CompressionChoice
{
    /// <summary>The field's name, for messages.</summary>
    public const string Name = "kvasir.kv";

    private const int MostRows = 1 << 24;

    /// <summary>Reads the field.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="inner">Its object <c>kvasir</c>, where there is one.</param>
    /// <exception cref="ApiException">It is of a wrong type or out of its range.</exception>
    public static string? Read(JsonFields body, JsonFields? inner)
    {
        JsonElement value = default;
        var (fields, name) = inner is { } given && given.TryGet("kv", out value) ? (given, "kv") : (body, Name);
        if (name == Name && !body.TryGet(Name, out value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return fields.Text(name);
        if (value.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(fields.Path(name), "\"off\", a policy such as \"cake:0.25\", or an object of policy and budget", value);
        var kv = new JsonFields(value, fields.Path(name));
        var policy = kv.Text("policy") ?? throw ApiException.Invalid($"{Name}.policy", $"{Name}.policy is missing; name a policy, or send \"off\"", "missing_required_parameter");
        return kv.Number("budget", 0, MostRows) is { } budget ? string.Create(CultureInfo.InvariantCulture, $"{policy}:{budget}") : policy;
    }

    /// <summary>What the engine is to do for a request.</summary>
    /// <param name="kvasir">What the request says.</param>
    /// <param name="tenant">Who sends it.</param>
    /// <param name="model">The model.</param>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="reusesChunks">Whether chunks behind other prefixes are reused, which goes before what the operator has set here.</param>
    /// <returns>Neither when all rows stay and are read.</returns>
    /// <exception cref="ApiException">The policy does not exist, may not be chosen, or cannot be combined with what else is asked for.</exception>
    public static KvChoice Of(KvasirFields kvasir, Tenant tenant, ModelService model, int promptTokens, bool reusesChunks)
    {
        var rules = tenant.Compression;
        var asked = kvasir.Kv;
        if (asked is not null && asked != CompressionConfiguration.Off && asked != rules.Policy && !rules.RequestsMayChoose)
            throw ApiException.Forbidden(Name, $"the operator has chosen how much of prompts stays ({rules.Policy}); leave out {Name}, or send \"off\"");
        if (asked is null && (promptTokens < rules.MinTokens || kvasir.Receipt || reusesChunks))
            return default; // a receipt proves the bits of the whole cache
        var text = asked ?? rules.Policy;
        if (text == CompressionConfiguration.Off)
            return default;
        try
        {
            return KvChoice.Parse(text, model.Profiles);
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException)
        {
            throw ApiException.Invalid(Name, $"{Name}: {exception.Message}", cause: exception);
        }
    }
}

using System.Text.Json;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Requests;

/// <summary>
/// What a request says about reuse that is not a prefix: <c>kvasir.reuse</c> (<c>"off"</c>, a policy such as <c>"cacheblend:0.15"</c>, or an
/// object of policy, ratio and min_tokens) and <c>kvasir.find</c>.
/// </summary>
internal sealed record ReuseFields
{
    /// <summary>The field's name, for messages.</summary>
    public const string Name = "kvasir.reuse";

    private const int MostMinTokens = 1 << 20;

    /// <summary>A policy by name, maybe with its ratio; <c>off</c>; null where the request names none.</summary>
    public string? Policy { get; init; }

    /// <summary>Share of the reused rows that is computed again; the policy's own where null.</summary>
    public double? Ratio { get; init; }

    /// <summary>Fewer reusable tokens are computed; the server's number where null.</summary>
    public int? MinTokens { get; init; }

    /// <summary>Whether earlier text is looked for in what is not marked; as the server has it where null.</summary>
    public bool? Find { get; init; }

    /// <summary>Whether the request says anything.</summary>
    public bool IsGiven => Policy is not null || Ratio is not null || MinTokens is not null || Find is not null;

    /// <summary>Reads the fields.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="inner">Its object <c>kvasir</c>, where there is one.</param>
    /// <exception cref="Errors.ApiException">One is of a wrong type or out of its range.</exception>
    public static ReuseFields Read(JsonFields body, JsonFields? inner)
    {
        var find = inner?.Flag("find") ?? body.Flag("kvasir.find");
        JsonElement value = default;
        var (fields, name) = inner is { } given && given.TryGet("reuse", out value) ? (given, "reuse") : (body, Name);
        if (name == Name && !body.TryGet(Name, out value))
            return new ReuseFields { Find = find };
        if (value.ValueKind == JsonValueKind.String)
            return new ReuseFields { Policy = fields.Text(name), Find = find };
        if (value.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(fields.Path(name), "\"off\", the name of a policy, or an object of policy and ratio", value);
        var reuse = new JsonFields(value, fields.Path(name));
        return new ReuseFields
        {
            Policy = reuse.Text("policy"),
            Ratio = reuse.Number("ratio", 0, 1),
            MinTokens = reuse.Integer("min_tokens", 1, MostMinTokens),
            Find = find,
        };
    }
}

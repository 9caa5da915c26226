using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;
using Kvasir.Serving.Tenancy;

namespace Kvasir.Serving.Requests;

/// <summary>What a request asks for beyond the protocol: the object <c>kvasir</c>, or single fields such as <c>kvasir.receipt</c>.</summary>
/// <param name="Report">Whether the answer tells what was reused.</param>
/// <param name="PromptText">Whether the report holds the prompt's text.</param>
/// <param name="Receipt">Whether the answer comes with a receipt.</param>
/// <param name="PublicScope">Whether its KV is shared with all tenants.</param>
/// <param name="Reuse">How text that recurs behind another prefix is reused.</param>
/// <param name="Kv">How much of the prompt stays in the KV cache (<see cref="CompressionChoice"/>); null where the request does not say.</param>
internal sealed record KvasirFields(bool Report, bool PromptText, bool Receipt, bool PublicScope, ReuseFields Reuse, string? Kv)
{
    private const string Name = "kvasir";

    /// <summary>Whether the answer has an object <c>kvasir</c>.</summary>
    public bool IsWanted => Report || PromptText || Receipt;

    public static KvasirFields Read(JsonFields body)
    {
        var inner = body.Object(Name);
        var scope = Field("scope", (fields, name) => fields.OneOf(name, "tenant", "public"));
        return new KvasirFields(Flag("report"), Flag("prompt_text"), Flag("receipt"), scope == "public", ReuseFields.Read(body, inner), CompressionChoice.Read(body, inner));

        bool Flag(string name) => Field(name, (fields, field) => fields.Flag(field)) ?? false;

        T? Field<T>(string name, Func<JsonFields, string, T?> read) => inner is { } fields && read(fields, name) is { } value ? value : read(body, $"{Name}.{name}");
    }

    /// <summary>What may be reused of a prompt.</summary>
    /// <param name="choice">How.</param>
    /// <param name="parts">Its reusable parts.</param>
    /// <param name="marked">Parts that the request marked.</param>
    public PromptReuse ReuseOf(ReuseChoice choice, IReadOnlyList<Engine.Blending.ChunkPart> parts, int marked) =>
        new(choice, parts, marked, Report || Reuse.IsGiven || choice.IsOn || marked > 0);

    /// <summary>The salt of the request's KV blocks.</summary>
    /// <exception cref="ApiException">The public scope is not allowed.</exception>
    public ReadOnlyMemory<byte> CacheSalt(Tenant tenant, CacheConfiguration cache)
    {
        if (!PublicScope)
            return tenant.CacheSalt;
        if (!cache.PublicScope)
            throw ApiException.Forbidden($"{Name}.scope", "the operator does not allow the public scope (cache.publicScope)");
        if (!tenant.MayUsePublicScope)
            throw ApiException.Forbidden($"{Name}.scope", "this key may not use the public scope");
        return default;
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Reuse;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Compression;

/// <summary>A smaller KV cache, from the request's field and the operator's setting to the report.</summary>
public sealed class CompressionFieldTests(ReuseServer shared) : IClassFixture<ReuseServer>
{
    private const string Path = "/v1/chat/completions";

    public static TheoryData<string> Policies => [.. CompressionPolicies.Names.Where(name => CompressionPolicies.ProfileOf(name) == ProfileKind.None && CompressionPolicies.TakesBudget(name))];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task APolicyKeepsItsBudget_AndTheReportSaysSo(string policy)
    {
        var kv = Report(await PostAsync(shared.NewKey(), Body(new JsonObject { ["policy"] = policy, ["budget"] = 0.5 }))).GetProperty("kv");
        Assert.StartsWith(policy, kv.GetProperty("policy").GetString(), StringComparison.Ordinal);
        var (rows, kept) = (kv.GetProperty("rows").GetInt32(), kv.GetProperty("kept_rows").GetDouble());
        if (!policy.StartsWith("lazy", StringComparison.Ordinal))
            Assert.InRange(kept, rows * 0.4, (rows * 0.5) + 2);
        if (kv.GetProperty("mass_kept").ValueKind == JsonValueKind.Number)
            Assert.InRange(kv.GetProperty("mass_kept").GetDouble(), 0.01, 1);
    }

    [Theory]
    [InlineData("off")]
    [InlineData(null)]
    public async Task WithoutAPolicy_EverythingStays(string? kv) =>
        Assert.False(Report(await PostAsync(shared.NewKey(), Body(kv))).TryGetProperty("kv", out _));

    [Theory]
    [InlineData("snapkv:7.5", "neither a share")]
    [InlineData("nosuch:0.5", "unknown")]
    [InlineData("razor:0.5", "head profile")]
    [InlineData("razor-alibi", "slopes of ALiBi")]
    [InlineData("streamingllm+kivi4:0.5", "streamingllm-true+kivi4")]
    [InlineData("quest+kivi2:0.5", "write quest alone")]
    public async Task WhatCannotBe_IsRefusedWithASentence(string kv, string why)
    {
        var reply = await PostAsync(shared.NewKey(), Body(kv));
        Assert.Equal(400, reply.Status);
        Assert.Contains(why, reply.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompressionAndWhatItCannotBeCombinedWith_AreRefused()
    {
        var receipt = Body("snapkv:0.5");
        receipt["kvasir"]!["receipt"] = true;
        Assert.Equal(400, (await PostAsync(shared.NewKey(), receipt)).Status);
        var reuse = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: true, 0, 1, 2);
        reuse["kvasir"]!["kv"] = "snapkv:0.5";
        Assert.Equal(400, (await PostAsync(shared.NewKey(), reuse)).Status);
    }

    [Fact]
    public async Task TheOperatorsPolicy_HoldsForLongPrompts_AndRequestsMayOnlyChooseOffWhereHeSaysSo()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Compression = new CompressionConfiguration { Policy = "cake:0.5", MinTokens = 20, RequestsMayChoose = false },
        });
        Assert.Equal("cake", Report(await server.PostAsync(Path, Body(null).ToJsonString())).GetProperty("kv").GetProperty("policy").GetString());
        Assert.False(Report(await server.PostAsync(Path, Body("off").ToJsonString())).TryGetProperty("kv", out _));
        Assert.Equal(403, (await server.PostAsync(Path, Body("snapkv:0.1").ToJsonString())).Status);
    }

    [Fact]
    public async Task AnOperatorsPolicyThatCannotBe_IsRefusedAtTheStart()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => TestServer.StartAsync(configuration => configuration with { Compression = new CompressionConfiguration { Policy = "lazy+kivi4:0.5" } }));
        Assert.Contains("write kivi4 alone", error.Message, StringComparison.Ordinal);
    }

    private static JsonObject Body(JsonNode? kv)
    {
        var body = ReuseBodies.Chat(null, mark: false, 0, 1, 2);
        body["kvasir"] = new JsonObject { ["report"] = true };
        if (kv is not null)
            body["kvasir"]!["kv"] = kv;
        return body;
    }

    private static JsonElement Report(Reply reply)
    {
        Assert.True(reply.Status == 200, reply.Text);
        return reply.Json.GetProperty("kvasir");
    }

    private Task<Reply> PostAsync(string key, JsonObject body) => shared.Server.PostAsync(Path, body.ToJsonString(), key);
}

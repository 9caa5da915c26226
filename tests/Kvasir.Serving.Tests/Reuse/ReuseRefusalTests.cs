using System.Text.Json.Nodes;
using Kvasir.Engine;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>Requests and configurations that ask for what cannot be.</summary>
public sealed class ReuseRefusalTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Hello = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":1";

    [Theory]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":7}}", "kvasir.reuse", "invalid_type")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":[]}}", "kvasir.reuse", "invalid_type")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":\"magic\"}}", "kvasir.reuse", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":\"cacheblend:much\"}}", "kvasir.reuse", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":\"cacheblend:1.5\"}}", "kvasir.reuse", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":\"cacheblend:NaN\"}}", "kvasir.reuse", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir.reuse\":\"magic\"}", "kvasir.reuse", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":{\"policy\":3}}}", "kvasir.reuse.policy", "invalid_type")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":{\"ratio\":0.2}}}", "kvasir.reuse.policy", "missing_required_parameter")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":{\"policy\":\"cacheblend\",\"ratio\":2}}}", "kvasir.reuse.ratio", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":{\"policy\":\"cacheblend\",\"ratio\":\"x\"}}}", "kvasir.reuse.ratio", "invalid_type")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"reuse\":{\"policy\":\"cacheblend\",\"min_tokens\":0}}}", "kvasir.reuse.min_tokens", "invalid_value")]
    [InlineData("{" + Hello + ",\"kvasir\":{\"find\":\"yes\"}}", "kvasir.find", "invalid_type")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"kvasir\":{\"cache\":1}}]}]}", "messages[0].content[0].kvasir.cache", "invalid_type")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"kvasir\":true}]}]}", "messages[0].content[0].kvasir", "invalid_type")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"kvasir.cache\":\"x\"}]}]}", "messages[0].content[0].kvasir.cache", "invalid_type")]
    public async Task InAChat_WhatIsWrong_IsRefused_ByTheNameOfItsField(string body, string field, string code)
    {
        var reply = await shared.Server.PostAsync("/v1/chat/completions", body);
        Assert.Equal((400, field, code), (reply.Status, reply.Field, reply.Code));
    }

    [Theory]
    [InlineData("[5,6,7]", "\"parts\":7", "kvasir.parts", "invalid_type")]
    [InlineData("[5,6,7]", "\"parts\":[7]", "kvasir.parts[0]", "invalid_type")]
    [InlineData("[5,6,7]", "\"parts\":[{}]", "kvasir.parts[0].start", "missing_required_parameter")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":0}]", "kvasir.parts[0].length", "missing_required_parameter")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":-1,\"length\":1}]", "kvasir.parts[0].start", "invalid_value")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":0,\"length\":0}]", "kvasir.parts[0].length", "invalid_value")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":0,\"length\":4}]", "kvasir.parts[0].length", "invalid_value")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":2147483647,\"length\":2147483647}]", "kvasir.parts[0].length", "invalid_value")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":0,\"length\":2},{\"start\":1,\"length\":2}]", "kvasir.parts[1].start", "invalid_value")]
    [InlineData("[5,6,7]", "\"parts\":[{\"start\":0.5,\"length\":2}]", "kvasir.parts[0].start", "invalid_value")]
    [InlineData("\"abc\"", "\"parts\":[{\"start\":0,\"length\":1}]", "kvasir.parts", "invalid_value")]
    [InlineData("[[5],[6]]", "\"parts\":[{\"start\":0,\"length\":1}]", "kvasir.parts", "invalid_value")]
    [InlineData("\"abc\"", "\"chunk_separator\":\"\"", "kvasir.chunk_separator", "invalid_value")]
    [InlineData("\"abc\"", "\"chunk_separator\":3", "kvasir.chunk_separator", "invalid_type")]
    [InlineData("[5,6,7]", "\"chunk_separator\":\"#\"", "kvasir.chunk_separator", "invalid_value")]
    [InlineData("\"abc\"", "\"chunk_separator\":\"#\",\"parts\":[]", "kvasir.parts", "invalid_value")]
    public async Task InACompletion_WhatIsWrong_IsRefused_ByTheNameOfItsField(string prompt, string kvasir, string field, string code)
    {
        var reply = await shared.Server.PostAsync("/v1/completions", $"{{\"prompt\":{prompt},\"max_tokens\":1,\"kvasir\":{{\"reuse\":\"cacheblend\",{kvasir}}}}}");
        Assert.Equal((400, field, code), (reply.Status, reply.Field, reply.Code));
    }

    [Fact]
    public async Task ThousandsOfParts_AreRefused_ByTheNameOfTheirField()
    {
        var parts = new JsonArray([.. Enumerable.Range(0, 5000).Select(start => (JsonNode)new JsonObject { ["start"] = start, ["length"] = 1 })]);
        var listed = await shared.Server.PostAsync("/v1/completions", new JsonObject { ["prompt"] = new JsonArray(5, 6), ["kvasir"] = new JsonObject { ["parts"] = parts } }.ToJsonString());
        Assert.Equal((400, "kvasir.parts"), (listed.Status, listed.Field));
        var cut = await shared.Server.PostAsync("/v1/completions", new JsonObject
        {
            ["prompt"] = string.Concat(Enumerable.Repeat("a#", 5000)),
            ["kvasir"] = new JsonObject { ["chunk_separator"] = "#" },
        }.ToJsonString());
        Assert.Equal((400, "kvasir.chunk_separator"), (cut.Status, cut.Field));
        var messages = new JsonArray([.. Enumerable.Range(0, 5).Select(_ => (JsonNode)new JsonObject
        {
            ["role"] = "user",
            ["content"] = new JsonArray([.. Enumerable.Range(0, 1000).Select(_ => (JsonNode)new JsonObject { ["type"] = "text", ["text"] = "a", ["kvasir.cache"] = true })]),
        })]);
        var marked = await shared.Server.PostAsync("/v1/chat/completions", new JsonObject { ["messages"] = messages }.ToJsonString());
        Assert.Equal((400, "messages[4].content[96].kvasir.cache"), (marked.Status, marked.Field));
    }

    [Fact]
    public async Task ReuseOff_CanAlwaysBeSaid()
    {
        Assert.Equal(200, (await shared.Server.PostAsync("/v1/chat/completions", "{" + Hello + ",\"kvasir\":{\"reuse\":\"off\",\"receipt\":true}}")).Status);
        Assert.Equal(200, (await shared.Server.PostAsync("/v1/embeddings", "{\"input\":\"a\",\"kvasir\":{\"reuse\":\"off\"}}")).Status);
    }

    [Theory]
    [InlineData("magic:0.2", "reuse.policy: blend policy 'magic:0.2': blend policy 'magic' is unknown; known: cacheblend")]
    [InlineData("cacheblend:2", "reuse.policy: blend policy 'cacheblend:2'")]
    [InlineData("cacheblend:x", "write name:ratio, such as cacheblend:0.15, or off")]
    public async Task APolicyThatIsNone_IsSaidAtTheStart(string policy, string expected)
    {
        var error = await RefusedAsync(new ReuseConfiguration { Policy = policy }, new EngineOptions());
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.StartsWith("tenants: reuse.policy of 'anna'", await RefusedAsync(new ReuseConfiguration(), new EngineOptions(), new ReuseConfiguration { Policy = policy }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuditsAndShares_OutsideTheirRange_AreSaidAtTheStart()
    {
        var off = new ReuseConfiguration();
        Assert.Contains("audit option Rate is 2", await RefusedAsync(off, new EngineOptions { Audit = new AuditOptions { Rate = 2 } }), StringComparison.Ordinal);
        Assert.Contains("audit option MaxDivergence is 0", await RefusedAsync(off, new EngineOptions { Audit = new AuditOptions { MaxDivergence = 0 } }), StringComparison.Ordinal);
        Assert.Contains("engine.chunkShare of model is 1.5", await RefusedAsync(off, new EngineOptions { ChunkShare = 1.5 }), StringComparison.Ordinal);
    }

    /// <summary>The engine tries a model when somebody first wants its chunks reused.</summary>
    [Fact]
    public void AModelThatCannotReuse_IsTheRequestsMistake_AndItsMessageIsTold()
    {
        var error = ErrorMapping.ToApi(new NotSupportedException("this model cannot reuse chunks: its rope cannot be moved"));
        Assert.Equal((400, "not_supported", "this model cannot reuse chunks: its rope cannot be moved"), (error.Status, error.Code, error.Message));
    }

    /// <summary>What the server says when it does not start; the model's file is not looked at.</summary>
    internal static async Task<string> RefusedAsync(ReuseConfiguration reuse, EngineOptions engine, ReuseConfiguration? tenant = null)
    {
        var configuration = new ServerConfiguration
        {
            Listen = ["http://127.0.0.1:0"],
            Models = [new ModelConfiguration { Path = "model", Engine = engine }],
            Reuse = reuse,
            Tenants = tenant is null ? [] : [new TenantConfiguration { Name = "anna", Keys = ["key-of-anna"], Reuse = tenant }],
        };
        return (await Assert.ThrowsAsync<ConfigurationException>(() => KvasirServer.StartAsync(configuration))).Message;
    }
}

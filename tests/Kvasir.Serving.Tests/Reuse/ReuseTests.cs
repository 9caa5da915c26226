using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>Text that recurs behind another prefix, from request to usage.</summary>
public sealed class ReuseTests(ReuseServer shared) : IClassFixture<ReuseServer>
{
    private const string Path = "/v1/chat/completions";

    [Theory]
    [InlineData("cacheblend", 0.15)]
    [InlineData("kvshare", 0.2)]
    [InlineData("cachecraft", 0.15)]
    [InlineData("naive", 0)]
    public async Task DocumentsInAnotherOrder_AreBlended(string policy, double ratio)
    {
        var key = shared.NewKey();
        var first = Usage(await AskAsync(key, ReuseBodies.Policy(policy, ratio), 0, 1, 2));
        var second = Usage(await AskAsync(key, ReuseBodies.Policy(policy, ratio), 2, 0, 1));
        Assert.Equal((0, 3, 0), (Number(first, "blended_tokens"), Number(first, "marked_parts"), Number(first, "ignored_parts")));
        Assert.True(Number(second, "blended_tokens") > 60, second.GetRawText());
        Assert.Equal(3, second.GetProperty("reused_parts").GetArrayLength());
        Assert.Equal(Number(second, "blended_tokens"), second.GetProperty("reused_parts").EnumerateArray().Sum(part => Number(part, "length")));
        Assert.Equal(Number(second, "repaired_tokens"), second.GetProperty("reused_parts").EnumerateArray().Sum(part => Number(part, "repaired")));
        Assert.Equal(ratio > 0, Number(second, "repaired_tokens") > 0);
        Assert.StartsWith(policy + ":", second.GetProperty("policy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheOriginsOfAPrompt_AddUpToIt_AndTheReportHasThem()
    {
        var key = shared.NewKey();
        await AskAsync(key, ReuseBodies.Policy("cacheblend", 0.15), 0, 1, 2);
        var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: true, 0, 2, 1);
        body["kvasir"]!["report"] = true;
        body["kvasir"]!["prompt_text"] = true;
        var json = (await PostAsync(key, body)).Json;
        var usage = json.GetProperty("usage").GetProperty("kvasir");
        Assert.Equal(
            json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(),
            Number(usage, "shared_tokens") + Number(usage, "loaded_tokens") + Number(usage, "blended_tokens") + Number(usage, "computed_tokens"));
        Assert.True(Number(usage, "shared_tokens") > 0);
        Assert.True(usage.GetProperty("estimated_deviation").GetDouble() > 0);
        var report = json.GetProperty("kvasir");
        var blended = report.GetProperty("spans").EnumerateArray().Where(span => span.GetProperty("origin").GetString() == "blended").ToArray();
        Assert.Equal(Number(usage, "blended_tokens"), blended.Sum(span => Number(span, "length")));
        Assert.Equal(Number(usage, "repaired_tokens"), blended.Sum(span => Number(span, "repaired")));
        Assert.Contains("raven", string.Concat(blended.Select(span => span.GetProperty("text").GetString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithRatioOne_TheAnswerIsThatOfAColdRun()
    {
        var key = shared.NewKey();
        await AskAsync(key, ReuseBodies.Policy("cacheblend", 1), 0, 1, 2);
        var blended = await AskAsync(key, ReuseBodies.Policy("cacheblend", 1), 1, 2, 0);
        Assert.True(Number(Usage(blended), "blended_tokens") > 0);
        Assert.Equal((await AskAsync(shared.NewKey(), "off", 1, 2, 0)).Answer, blended.Answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Off_NothingIsBlended_AndTheUsageSaysSo(bool said)
    {
        var key = shared.NewKey();
        await AskAsync(key, said ? "off" : null, 0, 1, 2);
        var usage = Usage(await AskAsync(key, said ? "off" : null, 2, 0, 1));
        Assert.Equal(("off", 0), (usage.GetProperty("policy").GetString(), Number(usage, "blended_tokens")));
    }

    [Fact]
    public async Task WithoutMarks_NothingIsBlended_UnlessTextIsLookedFor()
    {
        var key = shared.NewKey();
        var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: false, 0, 1, 2);
        await PostAsync(key, body);
        var other = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: false, 2, 1, 0);
        Assert.Equal(0, Number(Usage(await PostAsync(key, other)), "blended_tokens"));
        body["kvasir"]!["find"] = true;
        other = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: false, 1, 0, 2);
        other["kvasir"]!["find"] = true;
        await PostAsync(key, body);
        Assert.True(Number(Usage(await PostAsync(key, other)), "blended_tokens") > 0);
    }

    [Fact]
    public async Task AStream_TellsTheSameUsage()
    {
        var key = shared.NewKey();
        await AskAsync(key, ReuseBodies.Policy("cacheblend", 0.15), 0, 1, 2);
        var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: true, 2, 1, 0);
        body["stream"] = true;
        body["stream_options"] = new JsonObject { ["include_usage"] = true };
        var reply = await PostAsync(key, body);
        var last = reply.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^2]["data: ".Length..];
        using var json = JsonDocument.Parse(last);
        Assert.True(Number(json.RootElement.GetProperty("usage").GetProperty("kvasir"), "blended_tokens") > 0);
    }

    [Fact]
    public async Task AResponse_TellsTheSameUsage()
    {
        var key = shared.NewKey();
        Assert.Equal(0, Blended(await PostAsync(key, Body(0, 1), "/v1/responses")));
        Assert.True(Blended(await PostAsync(key, Body(1, 0), "/v1/responses")) > 0);

        static int Blended(Reply reply) => Number(Usage(reply), "blended_tokens");

        static JsonObject Body(params ReadOnlySpan<int> order)
        {
            var content = new JsonArray();
            foreach (var number in order)
                content.Add((JsonNode)new JsonObject { ["type"] = "input_text", ["text"] = ReuseBodies.Documents[number], ["kvasir.cache"] = true });
            return new JsonObject
            {
                ["input"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = content }),
                ["max_output_tokens"] = 2,
                ["kvasir"] = new JsonObject { ["reuse"] = ReuseBodies.Policy("cacheblend", 0.15) },
            };
        }
    }

    [Fact]
    public async Task ACompletion_IsCutAtItsSeparator()
    {
        var key = shared.NewKey();
        await PostAsync(key, Body(0, 1, 2), "/v1/completions");
        var usage = Usage(await PostAsync(key, Body(1, 2, 0), "/v1/completions"));
        Assert.Equal((3, 3), (Number(usage, "marked_parts"), usage.GetProperty("reused_parts").GetArrayLength()));

        static JsonObject Body(params int[] order) => new JsonObject
        {
            ["prompt"] = string.Join(" # # ", order.Select(number => ReuseBodies.Documents[number]).Append("Who went up the hill?")),
            ["max_tokens"] = 2,
            ["kvasir"] = new JsonObject { ["reuse"] = ReuseBodies.Policy("cacheblend", 0.15), ["chunk_separator"] = " # # " },
        };
    }

    [Fact]
    public async Task ACompletionOfTokens_NamesItsParts()
    {
        var key = shared.NewKey();
        int[] a = [.. Enumerable.Range(40, 50)], b = [.. Enumerable.Range(200, 50)];
        await PostAsync(key, Body([7, .. a, 9, .. b, 11, 12], (1, 50), (52, 50)), "/v1/completions");
        var usage = Usage(await PostAsync(key, Body([8, 9, 10, .. b, .. a, 11, 12], (3, 50), (53, 50)), "/v1/completions"));
        Assert.Equal(
            [(3, 50, -49), (53, 50, 52)],
            usage.GetProperty("reused_parts").EnumerateArray().Select(part => (Number(part, "start"), Number(part, "length"), Number(part, "moved"))));

        static JsonObject Body(int[] tokens, params ReadOnlySpan<(int Start, int Length)> parts)
        {
            var list = new JsonArray();
            foreach (var (start, length) in parts)
                list.Add((JsonNode)new JsonObject { ["start"] = start, ["length"] = length });
            return new JsonObject
            {
                ["prompt"] = new JsonArray([.. tokens.Select(token => (JsonNode)token)]),
                ["max_tokens"] = 2,
                ["kvasir"] = new JsonObject { ["reuse"] = "cacheblend:0.1", ["parts"] = list },
            };
        }
    }

    [Fact]
    public async Task TenantsOfTheSameText_ReuseTheirOwnOnly()
    {
        var (anna, björn) = (shared.NewKey(), shared.NewKey());
        Assert.Equal(0, await BlendedAsync(anna, 0, 1, 2));
        Assert.Equal(0, await BlendedAsync(björn, 2, 0, 1));
        Assert.True(await BlendedAsync(anna, 1, 2, 0) > 0);
        Assert.True(await BlendedAsync(björn, 1, 0, 2) > 0);

        async Task<int> BlendedAsync(string key, params int[] order) => Number(Usage(await AskAsync(key, ReuseBodies.Policy("cacheblend", 0.15), order)), "blended_tokens");
    }

    [Fact]
    public async Task TheTokensOfAPart_AreTheSame_WhateverTheTokenizerWouldDoAtItsBorders()
    {
        var key = shared.NewKey();
        Assert.Equal(200, (await PostAsync(key, Body("word", "s.")))!.Status);
        var usage = Usage(await PostAsync(key, Body("pass", "\n\n")));
        Assert.Equal((1, 0, 1), (Number(usage, "marked_parts"), Number(usage, "ignored_parts"), usage.GetProperty("reused_parts").GetArrayLength()));

        static JsonObject Body(string before, string after) => new()
        {
            ["messages"] = new JsonArray(new JsonObject
            {
                ["role"] = "user",
                ["content"] = new JsonArray(
                    new JsonObject { ["type"] = "text", ["text"] = before },
                    new JsonObject { ["type"] = "text", ["text"] = ReuseBodies.Documents[0], ["kvasir.cache"] = true },
                    new JsonObject { ["type"] = "text", ["text"] = after }),
            }),
            ["max_tokens"] = 1,
            ["kvasir"] = new JsonObject { ["reuse"] = ReuseBodies.Policy("cacheblend", 0.15) },
        };
    }

    [Fact]
    public async Task TheServersPolicy_HoldsForRequestsThatDoNotSay_AndATenantMayHaveHisOwn()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Reuse = new ReuseConfiguration { Policy = "cacheblend:0.175", MinTokens = 8 },
            Tenants =
            [
                new TenantConfiguration { Name = "anna", Keys = ["key-of-anna"] },
                new TenantConfiguration { Name = "björn", Keys = ["key-of-bjorn"], Reuse = new ReuseConfiguration { Policy = "first:0.5", MinTokens = 8, RequestsMayChoose = false } },
                new TenantConfiguration { Name = "carl", Keys = ["key-of-carl"], Reuse = new ReuseConfiguration() },
            ],
        });
        Assert.Equal(("cacheblend:0.175", true), await PolicyAsync("key-of-anna", null));
        Assert.Equal(("cacheblend:0.13", true), await PolicyAsync("key-of-anna", "cacheblend:0.1312"));
        Assert.Equal(("first:0.5", true), await PolicyAsync("key-of-bjorn", null));
        Assert.Equal(("first:0.5", true), await PolicyAsync("key-of-bjorn", "first:0.5"));
        Assert.Equal(("off", false), await PolicyAsync("key-of-carl", null));
        Assert.Equal(("off", false), await PolicyAsync("key-of-bjorn", "off"));
        var refused = await server.PostAsync(Path, ReuseBodies.Chat("naive", mark: true, 0).ToJsonString(), "key-of-bjorn");
        Assert.Equal((403, "kvasir.reuse"), (refused.Status, refused.Field));

        async Task<(string?, bool)> PolicyAsync(string key, string? reuse)
        {
            await server.PostAsync(Path, ReuseBodies.Chat(reuse, mark: true, 0, 1, 2).ToJsonString(), key);
            var usage = Usage(await server.PostAsync(Path, ReuseBodies.Chat(reuse, mark: true, 2, 0, 1).ToJsonString(), key));
            return (usage.GetProperty("policy").GetString(), Number(usage, "blended_tokens") > 0);
        }
    }

    private Task<Reply> AskAsync(string key, JsonNode? reuse, params ReadOnlySpan<int> order) => PostAsync(key, ReuseBodies.Chat(reuse, mark: true, order));

    private Task<Reply> PostAsync(string key, JsonObject body, string path = Path) => shared.Server.PostAsync(path, body.ToJsonString(), key);

    private static JsonElement Usage(Reply reply) => reply.Status == 200
        ? reply.Json.GetProperty("usage").GetProperty("kvasir")
        : throw new InvalidOperationException(reply.Text);

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}

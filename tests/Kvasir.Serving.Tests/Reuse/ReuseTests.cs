using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>Text that recurs behind another prefix, from request to usage.</summary>
public sealed class ReuseTests
{
    private const string Path = "/v1/chat/completions";

    [Theory]
    [InlineData("cacheblend", 0.15)]
    [InlineData("kvshare", 0.2)]
    [InlineData("cachecraft", 0.15)]
    [InlineData("naive", 0)]
    public async Task DocumentsInAnotherOrder_AreBlended(string policy, double ratio)
    {
        await using var server = await TestServer.StartAsync();
        var first = Usage(await AskAsync(server, ReuseBodies.Policy(policy, ratio), 0, 1, 2));
        var second = Usage(await AskAsync(server, ReuseBodies.Policy(policy, ratio), 2, 0, 1));
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
        await using var server = await TestServer.StartAsync();
        await AskAsync(server, ReuseBodies.Policy("cacheblend", 0.15), 0, 1, 2);
        var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: true, 0, 2, 1);
        body["kvasir"]!["report"] = true;
        body["kvasir"]!["prompt_text"] = true;
        var json = (await server.PostAsync(Path, body.ToJsonString())).Json;
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
        await using var server = await TestServer.StartAsync();
        var cold = (await AskAsync(server, "off", 2, 0, 1)).Answer;
        await server.PostAsync(Path, ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 1), mark: true, 0, 1, 2).ToJsonString());
        var blended = await AskAsync(server, ReuseBodies.Policy("cacheblend", 1), 1, 2, 0);
        var again = (await AskAsync(server, "off", 1, 2, 0)).Answer;
        Assert.NotNull(cold);
        Assert.True(Number(Usage(blended), "blended_tokens") > 0);
        Assert.Equal(again, blended.Answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Off_NothingIsBlended_AndTheUsageSaysSo(bool said)
    {
        await using var server = await TestServer.StartAsync();
        await AskAsync(server, said ? "off" : null, 0, 1, 2);
        var usage = Usage(await AskAsync(server, said ? "off" : null, 2, 0, 1));
        Assert.Equal(("off", 0), (usage.GetProperty("policy").GetString(), Number(usage, "blended_tokens")));
    }

    [Fact]
    public async Task WithoutMarks_NothingIsBlended_UnlessTextIsLookedFor()
    {
        await using var server = await TestServer.StartAsync();
        var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: false, 0, 1, 2);
        await server.PostAsync(Path, body.ToJsonString());
        var other = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: false, 2, 1, 0);
        Assert.Equal(0, Number(Usage(await server.PostAsync(Path, other.ToJsonString())), "blended_tokens"));
        body["kvasir"]!["find"] = true;
        other = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: false, 1, 0, 2);
        other["kvasir"]!["find"] = true;
        await server.PostAsync(Path, body.ToJsonString());
        Assert.True(Number(Usage(await server.PostAsync(Path, other.ToJsonString())), "blended_tokens") > 0);
    }

    [Fact]
    public async Task AStream_TellsTheSameUsage()
    {
        await using var server = await TestServer.StartAsync();
        await AskAsync(server, ReuseBodies.Policy("cacheblend", 0.15), 0, 1, 2);
        var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: true, 2, 1, 0);
        body["stream"] = true;
        body["stream_options"] = new JsonObject { ["include_usage"] = true };
        var reply = await server.PostAsync(Path, body.ToJsonString());
        var last = reply.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^2]["data: ".Length..];
        using var json = JsonDocument.Parse(last);
        Assert.True(Number(json.RootElement.GetProperty("usage").GetProperty("kvasir"), "blended_tokens") > 0);
    }

    [Fact]
    public async Task AResponse_TellsTheSameUsage()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(0, Blended(await server.PostAsync("/v1/responses", Body(0, 1))));
        Assert.True(Blended(await server.PostAsync("/v1/responses", Body(1, 0))) > 0);

        static int Blended(Reply reply) => Number(Usage(reply), "blended_tokens");

        static string Body(params ReadOnlySpan<int> order)
        {
            var content = new JsonArray();
            foreach (var number in order)
                content.Add((JsonNode)new JsonObject { ["type"] = "input_text", ["text"] = ReuseBodies.Documents[number], ["kvasir.cache"] = true });
            return new JsonObject
            {
                ["input"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = content }),
                ["max_output_tokens"] = 2,
                ["kvasir"] = new JsonObject { ["reuse"] = ReuseBodies.Policy("cacheblend", 0.15) },
            }.ToJsonString();
        }
    }

    [Fact]
    public async Task ACompletion_IsCutAtItsSeparator()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/v1/completions", Body(0, 1, 2));
        var usage = Usage(await server.PostAsync("/v1/completions", Body(1, 2, 0)));
        Assert.Equal((3, 3), (Number(usage, "marked_parts"), usage.GetProperty("reused_parts").GetArrayLength()));

        static string Body(params int[] order) => new JsonObject
        {
            ["prompt"] = string.Join(" # # ", order.Select(number => ReuseBodies.Documents[number]).Append("Who went up the hill?")),
            ["max_tokens"] = 2,
            ["kvasir"] = new JsonObject { ["reuse"] = ReuseBodies.Policy("cacheblend", 0.15), ["chunk_separator"] = " # # " },
        }.ToJsonString();
    }

    [Fact]
    public async Task ACompletionOfTokens_NamesItsParts()
    {
        await using var server = await TestServer.StartAsync();
        int[] a = [.. Enumerable.Range(40, 50)], b = [.. Enumerable.Range(200, 50)];
        await server.PostAsync("/v1/completions", Body([7, .. a, 9, .. b, 11, 12], (1, 50), (52, 50)));
        var usage = Usage(await server.PostAsync("/v1/completions", Body([8, 9, 10, .. b, .. a, 11, 12], (3, 50), (53, 50))));
        Assert.Equal(
            [(3, 50, -49), (53, 50, 52)],
            usage.GetProperty("reused_parts").EnumerateArray().Select(part => (Number(part, "start"), Number(part, "length"), Number(part, "moved"))));

        static string Body(int[] tokens, params ReadOnlySpan<(int Start, int Length)> parts)
        {
            var list = new JsonArray();
            foreach (var (start, length) in parts)
                list.Add((JsonNode)new JsonObject { ["start"] = start, ["length"] = length });
            return new JsonObject
            {
                ["prompt"] = new JsonArray([.. tokens.Select(token => (JsonNode)token)]),
                ["max_tokens"] = 2,
                ["kvasir"] = new JsonObject { ["reuse"] = "cacheblend:0.1", ["parts"] = list },
            }.ToJsonString();
        }
    }

    [Fact]
    public async Task TenantsOfTheSameText_ReuseTheirOwnOnly()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Tenants = [new TenantConfiguration { Name = "anna", Keys = ["key-of-anna"] }, new TenantConfiguration { Name = "björn", Keys = ["key-of-bjorn"] }],
        });
        Assert.Equal(0, await BlendedAsync("key-of-anna", 0, 1, 2));
        Assert.Equal(0, await BlendedAsync("key-of-bjorn", 2, 0, 1));
        Assert.True(await BlendedAsync("key-of-anna", 1, 2, 0) > 0);
        Assert.True(await BlendedAsync("key-of-bjorn", 1, 0, 2) > 0);

        async Task<int> BlendedAsync(string key, params int[] order) => Number(
            Usage(await server.PostAsync(Path, ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.15), mark: true, order).ToJsonString(), key)), "blended_tokens");
    }

    [Fact]
    public async Task TheServersPolicy_HoldsForRequestsThatDoNotSay_AndATenantMayHaveHisOwn()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Reuse = new ReuseConfiguration { Policy = "cacheblend:0.2", MinTokens = 8 },
            Tenants =
            [
                new TenantConfiguration { Name = "anna", Keys = ["key-of-anna"] },
                new TenantConfiguration { Name = "björn", Keys = ["key-of-bjorn"], Reuse = new ReuseConfiguration { Policy = "first:0.5", MinTokens = 8, RequestsMayChoose = false } },
                new TenantConfiguration { Name = "carl", Keys = ["key-of-carl"], Reuse = new ReuseConfiguration() },
            ],
        });
        Assert.Equal(("cacheblend:0.2", true), await PolicyAsync("key-of-anna", null));
        Assert.Equal(("first:0.5", true), await PolicyAsync("key-of-bjorn", null));
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

    private static Task<Reply> AskAsync(TestServer server, JsonNode? reuse, params ReadOnlySpan<int> order) =>
        server.PostAsync(Path, ReuseBodies.Chat(reuse, mark: true, order).ToJsonString());

    private static JsonElement Usage(Reply reply) => reply.Status == 200
        ? reply.Json.GetProperty("usage").GetProperty("kvasir")
        : throw new InvalidOperationException(reply.Text);

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}

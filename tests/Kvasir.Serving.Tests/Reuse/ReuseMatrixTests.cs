using System.Text.Json;
using System.Text.Json.Nodes;
using Kvasir.Engine;
using Kvasir.Engine.Scheduling;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Virtual;
using Kvasir.Models;
using Kvasir.Numerics.Attention;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>
/// Every feature beside chunk reuse is served, or refused with a message that names both (guarantee G3). Layer policies are not in the table:
/// no request and no setting can ask for one.
/// </summary>
public sealed class ReuseMatrixTests(ReuseServer shared) : IClassFixture<ReuseServer>
{
    private const string Path = "/v1/chat/completions";

    /// <summary>A feature of requests: what it adds to the body, and a word of the refusal; null where it is served.</summary>
    public static TheoryData<string, string, string?> Requests => new()
    {
        { "stream", """{"stream":true,"stream_options":{"include_usage":true}}""", null },
        { "several answers", """{"n":3}""", null },
        { "sampling", """{"temperature":0.9,"seed":4,"top_p":0.9,"top_k":20,"repetition_penalty":1.1}""", null },
        { "log-probabilities", """{"logprobs":true,"top_logprobs":3}""", null },
        { "biases", """{"logit_bias":{"5":2}}""", null },
        { "stop texts", """{"stop":["zzzz"]}""", null },
        { "a form of the answer", """{"response_format":{"type":"regex","regex":"[a-c]{3}"}}""", null },
        { "the public scope", """{"kvasir":{"scope":"public"}}""", null },
        { "a report", """{"kvasir":{"report":true,"prompt_text":true}}""", null },
        { "finding", """{"kvasir":{"find":true}}""", null },
        { "a receipt", """{"kvasir":{"receipt":true}}""", "receipt" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task AFeatureOfRequests_IsServedOrRefused(string feature, string fields, string? refusal)
    {
        var key = shared.NewKey();
        var replies = new List<Reply>();
        foreach (var order in (int[][])[[0, 1, 2], [2, 0, 1]])
        {
            var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.2), mark: true, order);
            foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject())
            {
                if (name != "kvasir")
                    body[name] = value?.DeepClone();
                foreach (var (inner, given) in name == "kvasir" ? value!.AsObject() : [])
                    body["kvasir"]![inner] = given?.DeepClone();
            }

            replies.Add(await shared.Server.PostAsync(Path, body.ToJsonString(), key));
        }

        if (refusal is null)
            Assert.True(Blended(replies[1]) > 0, $"{feature}: {replies[1].Text}");
        else
            AssertRefused(replies[1], refusal);
    }

    /// <summary>The second choice of an answer begins where the prompt of the first has ended.</summary>
    [Fact]
    public async Task AnswersOfOneBlendedPrompt_AreThatOfTheirSeeds()
    {
        var key = shared.NewKey();
        await shared.Server.PostAsync(Path, ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 1), mark: true, 0, 1, 2).ToJsonString(), key);
        var several = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 1), mark: true, 2, 1, 0);
        several["n"] = 3;
        var exact = ReuseBodies.Chat("off", mark: true, 2, 1, 0);
        exact["n"] = 3;
        var blended = await shared.Server.PostAsync(Path, several.ToJsonString(), key);
        Assert.True(Blended(blended) > 0);
        Assert.Equal(Texts(await shared.Server.PostAsync(Path, exact.ToJsonString(), shared.NewKey())), Texts(blended));

        static IEnumerable<string?> Texts(Reply reply) => reply.Json.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Embeddings_AreRefused()
    {
        var reply = await shared.Server.PostAsync("/v1/embeddings", """{"input":"a","kvasir":{"reuse":"cacheblend"}}""", shared.NewKey());
        AssertRefused(reply, "embeddings");
        AssertRefused(await shared.Server.PostAsync("/v1/embeddings", """{"input":"a","kvasir":{"find":true}}""", shared.NewKey()), "embeddings");
    }

    /// <summary>A way to set up an engine, and a word of the refusal; null where it is served.</summary>
    private static readonly Dictionary<string, (EngineOptions Engine, string? Refusal)> Engines = new()
    {
        ["f32, lru, first-come"] = (new EngineOptions { KvType = KvDataType.F32, Retention = RetentionPolicies.Create("lru"), Scheduling = new FirstComeScheduling() }, null),
        ["f16, lfu, cache-aware"] = (new EngineOptions { KvType = KvDataType.F16, Retention = RetentionPolicies.Create("lfu"), Scheduling = new CacheAwareScheduling() }, null),
        ["bf16, tinylfu, a host tier"] = (new EngineOptions { KvType = KvDataType.BF16, Retention = RetentionPolicies.Create("tinylfu"), Tiers = new TierOptions { HostBytes = 1 << 20 } }, null),
        ["cost-aware, small steps"] = (new EngineOptions { Retention = RetentionPolicies.Create("cost-aware"), MaxBatchTokens = 16 }, null),
        ["contiguous-private"] = (new EngineOptions { KvMemory = KvMemory.ContiguousPrivate }, "engine.kvMemory"),
        ["contiguous-shared"] = (new EngineOptions { KvMemory = KvMemory.ContiguousShared }, "engine.kvMemory"),
        ["no prefix cache"] = (new EngineOptions { PrefixCache = false }, "engine.prefixCache"),
        ["no room for chunks"] = (new EngineOptions { ChunkShare = 0 }, "engine.chunkShare"),
    };

    public static TheoryData<string> EngineNames => [.. Engines.Keys];

    [Theory]
    [MemberData(nameof(EngineNames))]
    public async Task AnEngine_ReusesOrIsRefused_WhenTheServerStartsAndByRequest(string feature)
    {
        var (engine, refusal) = Engines[feature];
        if (refusal is not null)
        {
            var message = await ReuseRefusalTests.RefusedAsync(new ReuseConfiguration { Policy = "cacheblend:0.2" }, engine);
            Assert.Contains(refusal, message, StringComparison.Ordinal);
            Assert.Contains("reuse.policy", message, StringComparison.Ordinal);
        }

        await using var server = await TestServer.StartAsync(configuration => configuration with { Models = [configuration.Models[0] with { Engine = engine }] });
        await server.PostAsync(Path, ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.2), mark: true, 0, 1, 2).ToJsonString());
        var reply = await server.PostAsync(Path, ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.2), mark: true, 2, 0, 1).ToJsonString());
        if (refusal is null)
            Assert.True(Blended(reply) > 0, $"{feature}: {reply.Text}");
        else
            AssertRefused(reply, refusal);
    }

    /// <summary>The tiny model's heads are too narrow for quantised rows, and its context too short for functions.</summary>
    [Theory]
    [InlineData(KvDataType.Q8_0)]
    [InlineData(KvDataType.Q4_0)]
    public async Task QuantisedRowsAndFunctions_AreServed_WithTheBundledModel(KvDataType type)
    {
        var root = System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(TestModel.Fixture()))!;
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Models = [new ModelConfiguration { Path = System.IO.Path.Combine(root, "models", "kvasir-mini.gguf"), Engine = new EngineOptions { KvType = type, MaxContext = 1024 } }],
        });
        await server.PostAsync(Path, Body(0, 1, 2));
        Assert.True(Blended(await server.PostAsync(Path, Body(2, 0, 1))) > 0);

        static string Body(params ReadOnlySpan<int> order)
        {
            var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.2), mark: true, order);
            body["tools"] = JsonNode.Parse("""[{"type":"function","function":{"name":"f"}}]""");
            return body.ToJsonString();
        }
    }

    [Fact]
    public async Task AToolsResult_IsReused_BehindOtherCalls()
    {
        var key = shared.NewKey();
        await shared.Server.PostAsync(Path, Body("f"), key);
        Assert.True(Blended(await shared.Server.PostAsync(Path, Body("another_one"), key)) > 0);

        static string Body(string function) => new JsonObject
        {
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "user", ["content"] = "?" },
                new JsonObject
                {
                    ["role"] = "assistant",
                    ["tool_calls"] = new JsonArray(new JsonObject { ["id"] = "a", ["function"] = new JsonObject { ["name"] = function, ["arguments"] = "{}" } }),
                },
                new JsonObject
                {
                    ["role"] = "tool",
                    ["tool_call_id"] = "a",
                    ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = ReuseBodies.Documents[0], ["kvasir.cache"] = true }),
                }),
            ["max_tokens"] = 2,
            ["kvasir"] = new JsonObject { ["reuse"] = ReuseBodies.Policy("cacheblend", 0.2) },
        }.ToJsonString();
    }

    [Fact]
    public async Task AnAdapter_ReusesItsOwnChunks_AndNotThoseOfTheBareModel()
    {
        using var files = new TestModel();
        using var model = ModelFile.Open(files.Path);
        var adapter = new TestAdapter(model.Config, seed: 1).WritePeft(System.IO.Path.Combine(files.Folder, "adapter"));
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Models = [configuration.Models[0] with { Adapters = [new AdapterConfiguration { Name = "style", Path = adapter }] }],
        });
        Assert.Equal(0, await BlendedAsync("tiny", 0, 1, 2));
        Assert.Equal(0, await BlendedAsync("tiny:style", 1, 0, 2));
        Assert.True(await BlendedAsync("tiny:style", 2, 1, 0) > 0);

        async Task<int> BlendedAsync(string name, params int[] order)
        {
            var body = ReuseBodies.Chat(ReuseBodies.Policy("cacheblend", 0.2), mark: true, order);
            body["model"] = name;
            return Blended(await server.PostAsync(Path, body.ToJsonString()));
        }
    }

    [Fact]
    public async Task AReceipt_BesideTheServersOwnPolicy_IsServedExactly_AndTheUsageSaysWhy()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with { Reuse = new ReuseConfiguration { Policy = "cacheblend:0.2", MinTokens = 8 } });
        await server.PostAsync(Path, ReuseBodies.Chat(null, mark: true, 0, 1, 2).ToJsonString());
        var body = ReuseBodies.Chat(null, mark: true, 2, 0, 1);
        body["kvasir"] = new JsonObject { ["receipt"] = true };
        var json = (await server.PostAsync(Path, body.ToJsonString())).Json;
        var usage = json.GetProperty("usage").GetProperty("kvasir");
        Assert.Equal(("off", 0), (usage.GetProperty("policy").GetString(), usage.GetProperty("blended_tokens").GetInt32()));
        Assert.Contains("receipt", usage.GetProperty("why_off").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, json.GetProperty("kvasir").GetProperty("receipts").GetArrayLength());
    }

    private static void AssertRefused(Reply reply, string word)
    {
        Assert.Equal((400, "kvasir.reuse"), (reply.Status, reply.Field));
        Assert.Contains(word, reply.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Blended tokens of an answer, streamed or not.</summary>
    private static int Blended(Reply reply)
    {
        if (reply.Status != 200)
            throw new InvalidOperationException(reply.Text);
        var text = reply.Text.StartsWith("data: ", StringComparison.Ordinal)
            ? reply.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^2]["data: ".Length..]
            : reply.Text;
        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("usage").GetProperty("kvasir").GetProperty("blended_tokens").GetInt32();
    }
}

using Kvasir.Models;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Kvasir.Serving.Tests.Server;

/// <summary>The operator's endpoints, and models that come and go.</summary>
public sealed class OperatorTests
{
    private const string Key = "key-of-the-operator";
    private const string Short = "{\"prompt\":\"The raven\",\"max_tokens\":2,\"temperature\":0,\"ignore_eos\":true";

    [Fact]
    public async Task TheOperatorsPaths_AreOnlyWhereTheOperatorListens_AndNeedHisKey()
    {
        await using var server = await TestServer.StartAsync(WithOperator);
        Assert.Equal(404, (await server.PostAsync("/admin/cache/clear", "{}", Key)).Status);
        Assert.Equal(401, (await server.PostAsync("/admin/cache/clear", "{}", null, server.AdminAddress)).Status);
        Assert.Equal(401, (await server.PostAsync("/admin/cache/clear", "{}", "another-key", server.AdminAddress)).Status);
        Assert.Equal(200, (await server.PostAsync("/admin/cache/clear", "{}", Key, server.AdminAddress)).Status);
    }

    [Fact]
    public async Task AClearedCache_ReusesNothing()
    {
        await using var server = await TestServer.StartAsync(WithOperator);
        await server.PostAsync("/v1/completions", Short + "}");
        Assert.True((await server.PostAsync("/v1/completions", Short + "}")).Cached > 0);
        await server.PostAsync("/admin/cache/clear", "{\"model\":\"tiny\"}", Key, server.AdminAddress);
        Assert.Equal(0, (await server.PostAsync("/v1/completions", Short + "}")).Cached);
    }

    [Fact]
    public async Task AnAdapter_IsLoadedNamedAndUnloaded_WhileTheServerRuns()
    {
        await using var server = await TestServer.StartAsync(WithOperator);
        string adapter;
        using (var model = ModelFile.Open(server.Model.Path))
            adapter = new TestAdapter(model.Config, seed: 1).WritePeft(Path.Combine(server.Model.Folder, "adapter"));
        var bare = await server.PostAsync("/v1/completions", Short + "}");
        Assert.Equal(404, (await server.PostAsync("/v1/completions", Short + ",\"model\":\"tiny:style\"}")).Status);
        var loaded = await server.PostAsync("/admin/adapters/load", $"{{\"model\":\"tiny\",\"name\":\"style\",\"path\":\"{adapter}\"}}", Key, server.AdminAddress);
        Assert.Equal(200, loaded.Status);
        var ids = (await server.GetAsync("/v1/models")).Json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString());
        Assert.Equal(["tiny", "tiny:style"], ids);
        var styled = await server.PostAsync("/v1/completions", Short + ",\"model\":\"tiny:style\"}");
        Assert.Equal(0, styled.Cached);
        Assert.NotEqual(Text(bare), Text(styled));
        Assert.Equal(200, (await server.PostAsync("/admin/adapters/unload", "{\"model\":\"tiny\",\"name\":\"style\"}", Key, server.AdminAddress)).Status);
        Assert.Equal(404, (await server.PostAsync("/v1/completions", Short + ",\"model\":\"tiny:style\"}")).Status);
    }

    [Fact]
    public async Task AModel_IsAddedUnderANameAndAliases_AndUnloaded()
    {
        await using var server = await TestServer.StartAsync(WithOperator);
        var added = await server.PostAsync("/admin/models", $"{{\"path\":\"{server.Model.Path}\",\"name\":\"second\",\"aliases\":[\"two\"],\"load\":false}}", Key, server.AdminAddress);
        Assert.Equal(200, added.Status);
        Assert.Equal("unloaded", State(await server.GetAsync("/v1/models/second")));
        Assert.Equal(200, (await server.PostAsync("/v1/completions", Short + ",\"model\":\"two\"}")).Status);
        Assert.Equal("ready", State(await server.GetAsync("/v1/models/two")));
        Assert.Equal(200, (await server.PostAsync("/admin/models/unload", "{\"model\":\"second\"}", Key, server.AdminAddress)).Status);
        Assert.Equal("unloaded", State(await server.GetAsync("/v1/models/second")));
        var again = await server.PostAsync("/admin/models", $"{{\"path\":\"{server.Model.Path}\",\"name\":\"second\"}}", Key, server.AdminAddress);
        Assert.Equal((409, "conflict"), (again.Status, again.Code));
    }

    [Fact]
    public async Task AModelThatCannotBeLoaded_Is503_AndTheOthersGoOn()
    {
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Models = [configuration.Models[0], new ModelConfiguration { Path = TestModel.Fixture("kvasir-mini", "tokenizer_config.json"), Name = "broken" }],
        });
        var reply = await server.PostAsync("/v1/completions", Short + ",\"model\":\"broken\"}");
        Assert.Equal((503, "model_unavailable"), (reply.Status, reply.Code));
        Assert.Equal(200, (await server.PostAsync("/v1/completions", Short + "}")).Status);
        Assert.Contains("degraded", (await server.GetAsync("/ready")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelThatNobodyUses_IsUnloaded_AndComesBack()
    {
        var time = new FakeTimeProvider();
        await using var server = await TestServer.StartAsync(
            configuration => configuration with { Models = [configuration.Models[0] with { IdleUnload = TimeSpan.FromMinutes(5) }] }, time);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal("ready", State(await server.GetAsync("/v1/models/tiny")));
        time.Advance(TimeSpan.FromMinutes(2));
        await server.WaitForAsync(status => status.GetProperty("models")[0].GetProperty("state").GetString() == "unloaded");
        Assert.Equal(200, (await server.PostAsync("/v1/completions", Short + "}")).Status);
    }

    [Fact]
    public async Task WhereMemoryIsShort_TheLongestIdleModelMakesRoom()
    {
        long bytes;
        using (var model = new TestModel())
            bytes = new DirectoryInfo(model.Path).EnumerateFiles().Sum(file => file.Length);
        await using var server = await TestServer.StartAsync(configuration => configuration with
        {
            Models = [configuration.Models[0], configuration.Models[0] with { Name = "second" }],
            ModelMemory = bytes + (bytes / 2),
        });
        Assert.Equal(200, (await server.PostAsync("/v1/completions", Short + ",\"model\":\"second\"}")).Status);
        Assert.Equal("unloaded", State(await server.GetAsync("/v1/models/tiny")));
        Assert.Equal("ready", State(await server.GetAsync("/v1/models/second")));
    }

    [Fact]
    public async Task Metrics_TellWhatTheIssueOfLoadIs()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/v1/completions", Short + "}");
        var metrics = (await server.GetAsync("/metrics")).Text;
        foreach (var name in (string[])[
            "gen_ai_server_time_to_first_token_seconds_bucket", "gen_ai_server_time_per_output_token_seconds_sum", "kvasir_queue_time_seconds_count",
            "kvasir_sequences_running", "kvasir_sequences_waiting", "kvasir_preemptions", "kvasir_tokens_computed", "kvasir_tokens_reused",
            "kvasir_cache_hit_ratio", "kvasir_kv_blocks", "state=\"free\"", "state=\"cached\"", "kvasir_requests_total"])
        {
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        }
    }

    private static ServerConfiguration WithOperator(ServerConfiguration configuration) =>
        configuration with { Admin = configuration.Admin with { Key = Key } };

    private static string? Text(Reply reply) => reply.Json.GetProperty("choices")[0].GetProperty("text").GetString();

    private static string? State(Reply reply) => reply.Json.GetProperty("kvasir").GetProperty("state").GetString();
}

using Kvasir.Engine;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Server;

/// <summary>What is refused under load, what a lost client costs, and how the server stops (guarantee G5).</summary>
public sealed class LimitTests
{
    private const string Short = "{\"prompt\":\"The raven\",\"max_tokens\":2}";
    private const string Endless = TenantTests.Endless;

    [Fact]
    public async Task ABodyThatIsTooLarge_Is413()
    {
        await using var server = await TestServer.StartAsync(c => c with { Limits = new LimitConfiguration { MaxBody = 1000 } });
        var reply = await server.PostAsync("/v1/completions", $"{{\"prompt\":\"{new string('x', 2000)}\"}}");
        Assert.Equal((413, "request_too_large"), (reply.Status, reply.Code));
    }

    [Theory]
    [InlineData(null, 3000)]
    [InlineData(20, 100)]
    public async Task APromptThatIsTooLong_Is400(int? limit, int words)
    {
        await using var server = await TestServer.StartAsync(c => c with { Limits = new LimitConfiguration { MaxPromptTokens = limit } });
        var reply = await server.PostAsync("/v1/completions", $"{{\"prompt\":\"{string.Join(' ', Enumerable.Repeat("raven", words))}\"}}");
        Assert.Equal((400, "context_length_exceeded"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task AnswersThatCouldTakeGigabytes_Are400()
    {
        await using var server = await TestServer.StartAsync();
        var prompts = string.Join(',', Enumerable.Repeat("[5]", 1000));
        var reply = await server.PostAsync("/v1/completions", $"{{\"prompt\":[{prompts}],\"n\":128,\"max_tokens\":200,\"logprobs\":5}}");
        Assert.Equal((400, "top_logprobs"), (reply.Status, reply.Field));
    }

    [Fact]
    public async Task AFullQueue_Is503_WithTheTimeToComeAgain()
    {
        await using var server = await TestServer.StartAsync(Narrow(queued: 128));
        using var running = await server.BeginAsync("/v1/completions", Endless);
        var refused = await server.PostAsync("/v1/completions", Endless);
        Assert.Equal((503, "overloaded"), (refused.Status, refused.Code));
        Assert.True(refused.RetryAfter >= TimeSpan.FromSeconds(1));
        running.Dispose();
        await server.WaitForAsync(status => status.GetProperty("models")[0].GetProperty("waiting").GetInt32() == 0);
        Assert.Equal(200, (await server.PostAsync("/v1/completions", Short)).Status);
    }

    [Fact]
    public async Task ARequestThatWaitsTooLong_Is503()
    {
        await using var server = await TestServer.StartAsync(c => Narrow(queued: 256)(c) with { Limits = new LimitConfiguration { QueueTime = TimeSpan.FromMilliseconds(1) } });
        using var running = await server.BeginAsync("/v1/completions", Endless);
        var reply = await server.PostAsync("/v1/completions", Short);
        Assert.Equal((503, "queue_timeout"), (reply.Status, reply.Code));
        Assert.NotNull(reply.RetryAfter);
    }

    [Fact]
    public async Task AClientThatGoesAway_EndsItsRequest()
    {
        await using var server = await TestServer.StartAsync();
        var response = await server.BeginAsync("/v1/completions", Endless);
        await server.WaitForAsync(status => status.GetProperty("models")[0].GetProperty("running").GetInt32() > 0);
        response.Dispose();
        var after = await server.WaitForAsync(status => status.GetProperty("server").GetProperty("requests").GetProperty("cancelled").GetInt32() == 1);
        Assert.Equal(0, after.GetProperty("models")[0].GetProperty("running").GetInt32());
        Assert.Equal(0, after.GetProperty("models")[0].GetProperty("kv").GetProperty("blocks").GetProperty("active").GetInt32());
    }

    [Fact]
    public async Task ARequestThatTakesTooLong_EndsWithItsReason()
    {
        await using var server = await TestServer.StartAsync(c => c with { Limits = new LimitConfiguration { RequestTime = TimeSpan.FromMilliseconds(50) } });
        var reply = await server.PostAsync("/v1/completions", Endless.Replace("\"stream\":true,", "", StringComparison.Ordinal));
        Assert.Equal((503, "request_timeout"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task AServerThatStops_AnswersWhatItHasBegun_AndRefusesTheRest()
    {
        await using var server = await TestServer.StartAsync(Narrow(queued: 32));
        using var running = await server.BeginAsync("/v1/completions", Endless.Replace("128", "32", StringComparison.Ordinal));
        var stopped = server.StopAsync();
        await server.WaitForAsync(status => status.GetProperty("server").GetProperty("draining").GetBoolean());
        var refused = await server.PostAsync("/v1/completions", Short);
        Assert.Equal((503, "draining"), (refused.Status, refused.Code));
        Assert.Equal(503, (await server.GetAsync("/ready")).Status);
        Assert.EndsWith("data: [DONE]\n\n", await running.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await stopped;
    }

    [Fact]
    public async Task WhatStillRunsAfterTheDrainTime_EndsWithItsReason()
    {
        await using var server = await TestServer.StartAsync(c => c with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        using var running = await server.BeginAsync("/v1/completions", Endless);
        var content = running.Content.ReadAsStringAsync();
        await server.StopAsync();
        Assert.Contains("\"code\":\"draining\"", await content, StringComparison.Ordinal);
    }

    private static Func<ServerConfiguration, ServerConfiguration> Narrow(int queued) => configuration => configuration with
    {
        Models = [configuration.Models[0] with { Engine = new EngineOptions { MaxSequences = 1, MaxQueued = queued } }],
    };
}

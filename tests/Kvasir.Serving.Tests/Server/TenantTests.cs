using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Server;

/// <summary>Keys, tenants, and what they share (guarantee G4).</summary>
public sealed class TenantTests
{
    private const string Anna = "key-of-anna";
    private const string Björn = "key-of-bjorn";
    private const string Chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"A long enough prompt that all of us send.\"}],\"max_tokens\":1}";
    private const string PublicChat = "{\"messages\":[{\"role\":\"user\",\"content\":\"A long enough prompt that all of us send.\"}],\"max_tokens\":1,\"kvasir\":{\"scope\":\"public\"}}";

    [Theory]
    [InlineData(null)]
    [InlineData("key-of-nobody")]
    [InlineData("")]
    public async Task WithoutAKnownKey_NothingIsDone(string? key)
    {
        await using var server = await TestServer.StartAsync(WithTenants);
        foreach (var path in (string[])["/v1/chat/completions", "/v1/completions", "/v1/responses", "/tokenize"])
        {
            var reply = await server.PostAsync(path, Chat, key);
            Assert.Equal((401, "invalid_api_key"), (reply.Status, reply.Code));
        }

        Assert.Equal(401, (await server.GetAsync("/v1/models", key)).Status);
        Assert.Equal(401, (await server.GetAsync("/kvasir/status", key)).Status);
        Assert.Equal(200, (await server.GetAsync("/health", key)).Status);
    }

    [Fact]
    public async Task ATenantReusesHisOwn_AndNobodyElses()
    {
        await using var server = await TestServer.StartAsync(WithTenants);
        Assert.Equal(0, (await server.PostAsync("/v1/chat/completions", Chat, Anna)).Cached);
        Assert.Equal(0, (await server.PostAsync("/v1/chat/completions", Chat, Björn)).Cached);
        Assert.True((await server.PostAsync("/v1/chat/completions", Chat, Anna)).Cached > 0);
    }

    [Fact]
    public async Task ThePublicScope_NeedsTheOperatorsLeave()
    {
        await using var server = await TestServer.StartAsync(WithTenants);
        var reply = await server.PostAsync("/v1/chat/completions", PublicChat, Anna);
        Assert.Equal((403, "kvasir.scope"), (reply.Status, reply.Field));
    }

    [Fact]
    public async Task ThePublicScope_IsSharedByAll_WhereItIsAllowed()
    {
        await using var server = await TestServer.StartAsync(configuration => WithTenants(configuration) with { Cache = new CacheConfiguration { PublicScope = true } });
        Assert.Equal(0, (await server.PostAsync("/v1/chat/completions", PublicChat, Anna)).Cached);
        Assert.True((await server.PostAsync("/v1/chat/completions", PublicChat, Björn)).Cached > 0);
        Assert.Equal(0, (await server.PostAsync("/v1/chat/completions", Chat, Björn)).Cached);
    }

    [Fact]
    public async Task OneTenantsLimit_IsNobodyElses()
    {
        await using var server = await TestServer.StartAsync(configuration => WithTenants(configuration) with { Limits = new LimitConfiguration { TenantRequests = 1 } });
        using var first = await server.BeginAsync("/v1/completions", Endless, Anna);
        var second = await server.PostAsync("/v1/chat/completions", Chat, Anna);
        Assert.Equal((429, "rate_limit_exceeded"), (second.Status, second.Code));
        Assert.NotNull(second.RetryAfter);
        Assert.Equal(200, (await server.PostAsync("/v1/chat/completions", Chat, Björn)).Status);
    }

    /// <summary>128 answers as long as the context: more than any test waits for.</summary>
    internal const string Endless = "{\"prompt\":\"The raven\",\"n\":128,\"max_tokens\":100000,\"stream\":true,\"ignore_eos\":true}";

    private static ServerConfiguration WithTenants(ServerConfiguration configuration) => configuration with
    {
        Tenants = [new TenantConfiguration { Name = "anna", Keys = [Anna] }, new TenantConfiguration { Name = "björn", Keys = [Björn] }],
    };
}

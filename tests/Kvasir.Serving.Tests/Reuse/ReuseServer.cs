using Kvasir.Engine;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Reuse;

/// <summary>One server for all tests of a class; each test has a tenant, and so a cache, of its own.</summary>
public sealed class ReuseServer : IAsyncLifetime
{
    private const int Tenants = 48;
    private int _next;

    internal TestServer Server { get; private set; } = null!;

    /// <summary>The key of a tenant that nobody has used.</summary>
    public string NewKey() => Key(Interlocked.Increment(ref _next));

    public async Task InitializeAsync() => Server = await TestServer.StartAsync(configuration => configuration with
    {
        // Room for the chunks of all tests.
        Models = [configuration.Models[0] with { Engine = new EngineOptions { KvBudgetBytes = 16 << 20 } }],
        Cache = new CacheConfiguration { PublicScope = true },
        Tenants = [.. Enumerable.Range(1, Tenants).Select(number => new TenantConfiguration { Name = $"tenant-{number}", Keys = [Key(number)] })],
    });

    public async Task DisposeAsync() => await Server.DisposeAsync();

    private static string Key(int number) => $"key-of-tenant-{number}";
}

namespace Kvasir.Serving.Tests.Support;

/// <summary>One real server with the bundled model, for all tests of a class.</summary>
public sealed class SharedProcess : IAsyncLifetime
{
    public ServerProcess Server { get; private set; } = null!;

    public Uri V1 => new(Server.Address, "/v1");

    public async Task InitializeAsync() => Server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Kvasir.Serving.Configuration;

namespace Kvasir.Serving.Tests.Support;

/// <summary>A server in this process, on a free port, with the tiny random model.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TestModel _model;
    private readonly KvasirServer _server;

    private TestServer(TestModel model, KvasirServer server)
    {
        _model = model;
        _server = server;
        Client = new HttpClient { BaseAddress = new Uri(server.Addresses[0]) };
    }

    public HttpClient Client { get; }

    public TestModel Model => _model;

    public Uri AdminAddress => new(_server.AdminAddresses[0]);

    public static async Task<TestServer> StartAsync(Func<ServerConfiguration, ServerConfiguration>? change = null, TimeProvider? time = null)
    {
        var model = new TestModel();
        var configuration = new ServerConfiguration
        {
            Listen = ["http://127.0.0.1:0"],
            Models = [new ModelConfiguration { Path = model.Path, Name = "tiny" }],
            Admin = new AdminConfiguration { Listen = ["http://127.0.0.1:0"] },
            Telemetry = new TelemetryConfiguration { LogLevel = "none" },
        };
        return new TestServer(model, await KvasirServer.StartAsync(change?.Invoke(configuration) ?? configuration, time));
    }

    /// <summary>Posts JSON.</summary>
    public async Task<Reply> PostAsync(string path, string body, string? key = null, Uri? address = null)
    {
        using var request = Request(HttpMethod.Post, path, key, address);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Client.SendAsync(request);
        return await Reply.ReadAsync(response);
    }

    public async Task<Reply> GetAsync(string path, string? key = null, Uri? address = null)
    {
        using var request = Request(HttpMethod.Get, path, key, address);
        using var response = await Client.SendAsync(request);
        return await Reply.ReadAsync(response);
    }

    /// <summary>Posts JSON and gives the response as soon as it has begun; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> BeginAsync(string path, string body, string? key = null)
    {
        using var request = Request(HttpMethod.Post, path, key, null);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The status of the first model, again and again until it is as expected.</summary>
    public async Task<JsonElement> WaitForAsync(Func<JsonElement, bool> expected, string? key = null)
    {
        for (var attempt = 0; attempt < 2000; attempt++)
        {
            var status = (await GetAsync("/kvasir/status", key)).Json;
            if (expected(status))
                return status;
            await Task.Delay(5);
        }

        throw new TimeoutException("the server did not get into the expected state");
    }

    /// <summary>Drains and stops.</summary>
    public Task StopAsync()
    {
        using var stop = new CancellationTokenSource();
        var stopped = _server.WaitAsync(stop.Token);
        stop.Cancel();
        return stopped;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        _model.Dispose();
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string? key, Uri? address)
    {
        var request = new HttpRequestMessage(method, new Uri(address ?? Client.BaseAddress!, path));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }
}

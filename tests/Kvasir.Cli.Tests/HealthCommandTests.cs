using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kvasir.Cli.Tests;

public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("200 OK", ExitCode.Success)]
    [InlineData("503 Service Unavailable", ExitCode.Failure)]
    public async Task Health_IsTheStatusOfTheServer(string status, int code)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = AnswerAsync(listener, status);
        var result = await Cli.RunAsync(["health", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/health"]);
        Assert.Equal(code, result.Code);
        Assert.Contains(status, result.Output, StringComparison.Ordinal);
        Assert.Equal("GET /health HTTP/1.1", await serving);
    }

    [Fact]
    public async Task Health_WithoutAServer_IsOneLine()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var result = await Cli.RunAsync(["health", $"http://127.0.0.1:{port}/health"]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Contains("does not answer", result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, (await Cli.RunAsync(["health", "localhost"])).Code);
    }

    private static async Task<string?> AnswerAsync(TcpListener listener, string status)
    {
        using var client = await listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream());
        var request = await reader.ReadLineAsync();
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
            // The rest of the header says nothing here.
        }

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        return request;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Kvasir.Benchmarks.Serving;

/// <summary>A real <c>kvasir serve</c> in a process of its own, on free loopback ports.</summary>
public sealed class ServerUnderTest : IAsyncDisposable
{
    private const string Api = "listening on ";
    private const string Operator = "operator's endpoints on ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly string _operatorKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly ConcurrentQueue<string> _log = new();
    private Uri _operator = null!;

    private ServerUnderTest(Process process, HttpClient client)
    {
        _process = process;
        Client = client;
    }

    /// <summary>A client of its API.</summary>
    public HttpClient Client { get; }

    /// <summary>Its memory now, bytes; 0 where the system does not tell.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts the server and waits until it listens.</summary>
    /// <param name="options">What is started.</param>
    /// <param name="log">Gets what the server writes to its log: warnings and errors.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It ended before it listened.</exception>
    public static async Task<ServerUnderTest> StartAsync(ServerBenchmarkOptions options, IProgress<string>? log, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(options.Program[0]) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            .. options.Program.Skip(1), "serve", "--model", options.Model, "--listen", "http://127.0.0.1:0",
            "--set", "admin.listen=http://127.0.0.1:0", "--set", "telemetry.logLevel=warning", "--set", "limits.tenantRequests=1000",
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1000 };
        var server = new ServerUnderTest(new Process { StartInfo = start, EnableRaisingEvents = true }, new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(10) });
        start.Environment["KVASIR_ADMIN__KEY"] = server._operatorKey;
        try
        {
            await server.BeginAsync(log).WaitAsync(Patience, cancellation).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Posts JSON; the caller disposes the response, whose body is read as it comes.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, string body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
    }

    /// <summary>What the server says of itself.</summary>
    public async Task<JsonElement> StatusAsync(CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(await Client.GetStringAsync("/kvasir/status", cancellation).ConfigureAwait(false));
        return document.RootElement.Clone();
    }

    /// <summary>Forgets all cached prefixes.</summary>
    public async Task ClearCacheAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_operator, "/admin/cache/clear")) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _operatorKey);
        using var response = await Client.SendAsync(request, cancellation).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        try
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }

        _process.Dispose();
    }

    private async Task BeginAsync(IProgress<string>? log)
    {
        var api = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var admin = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not { } text)
                return;
            _log.Enqueue(text);
            if (text.StartsWith(Api, StringComparison.Ordinal))
                api.TrySetResult(new Uri(text[Api.Length..]));
            else if (text.StartsWith(Operator, StringComparison.Ordinal))
                admin.TrySetResult(new Uri(text[Operator.Length..]));
            else
                log?.Report($"server: {text}");
        };
        _process.Exited += (_, _) => api.TrySetException(new InvalidOperationException(
            string.Create(CultureInfo.InvariantCulture, $"the server ended with {_process.ExitCode}: {string.Join('\n', _log)}")));
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        Client.BaseAddress = await api.Task.ConfigureAwait(false);
        _operator = await admin.Task.ConfigureAwait(false);
    }
}

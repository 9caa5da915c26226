using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Logging;

namespace Kvasir.Page.Tests.Fakes;

/// <summary>A server that speaks the page's part of the protocol and does what a test tells it to.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private const string Policy =
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    private static readonly string PageFolder = Path.Combine(Repository.Root, "src", "Kvasir.Serving", "Page");
    private static readonly FileExtensionContentTypeProvider Types = new();

    private readonly WebApplication _application;

    private FakeServer(WebApplication application) => _application = application;

    public string Url => _application.Urls.First();

    /// <summary>The key that requests must have, or null.</summary>
    public string? Key { get; set; }

    /// <summary>Answers a chat; the default says what it was asked.</summary>
    public Func<FakeExchange, Task> Chat { get; set; } = async exchange =>
    {
        await exchange.TextAsync("You said: ", exchange.Question);
        await exchange.FinishAsync(FakeReports.Of((480, "shared", "earlier text "), (32, "computed", exchange.Question)));
    };

    /// <summary>What /kvasir/status says; null breaks the connection.</summary>
    public Func<JsonNode?> Status { get; set; } = () => FakeStatus.Of();

    /// <summary>What /v1/models says.</summary>
    public JsonNode Models { get; set; } = FakeStatus.Models(("kvasir-tiny", "ready"), ("kvasir-tiny:law", "ready"), ("granite-4-micro", "unloaded"));

    /// <summary>The bodies of all chats.</summary>
    public ConcurrentQueue<JsonNode> Chats { get; } = new();

    /// <summary>What went wrong in a test's own script.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = new();

    /// <summary>How often the status was asked for.</summary>
    public int StatusCalls { get; private set; }

    public static async Task<FakeServer> StartAsync(Action<FakeServer>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var server = new FakeServer(application);
        configure?.Invoke(server);
        server.Map();
        await application.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        Assert.Empty(Failures);
    }

    private void Map()
    {
        _application.MapGet("/", http => SendFileAsync(http, "index.html"));
        _application.MapGet("/page/{file}", http => SendFileAsync(http, (string)http.Request.RouteValues["file"]!));
        _application.MapGet("/v1/models", http => GuardAsync(http, () => WriteAsync(http, 200, Models)));
        _application.MapGet("/kvasir/status", http => GuardAsync(http, () =>
        {
            StatusCalls++;
            if (Status() is { } status)
                return WriteAsync(http, 200, status);
            http.Abort();
            return Task.CompletedTask;
        }));
        _application.MapPost("/v1/chat/completions", http => GuardAsync(http, async () =>
        {
            var body = (await JsonNode.ParseAsync(http.Request.Body))!;
            Chats.Enqueue(body);
            var exchange = new FakeExchange(http, body);
            try
            {
                await Chat(exchange);
            }
            catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
            {
                Failures.Enqueue(exception);
                throw;
            }
        }));
    }

    private Task GuardAsync(HttpContext http, Func<Task> handle) =>
        Key is null || http.Request.Headers.Authorization == $"Bearer {Key}"
            ? handle()
            : WriteAsync(http, 401, FakeExchange.Error("this server needs a key that it knows", "invalid_api_key"));

    internal static Task WriteAsync(HttpContext http, int status, JsonNode body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(JsonSerializerOptions.Web));
    }

    private static Task SendFileAsync(HttpContext http, string name)
    {
        var path = Path.Combine(PageFolder, Path.GetFileName(name));
        if (!File.Exists(path))
            return WriteAsync(http, 404, FakeExchange.Error($"there is no file {name}", "not_found"));
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.ContentType = Types.TryGetContentType(name, out var type) ? type : "application/octet-stream";
        return http.Response.SendFileAsync(path);
    }
}

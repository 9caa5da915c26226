using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Page.Tests.Fakes;

/// <summary>One chat: what was asked, and the parts of the answer that a test sends one by one.</summary>
internal sealed class FakeExchange(HttpContext http, JsonNode body)
{
    /// <summary>The request's body.</summary>
    public JsonNode Body => body;

    /// <summary>The last question.</summary>
    public string Question => (string)body["messages"]!.AsArray()[^1]!["content"]!;

    /// <summary>Ends when the page has gone away.</summary>
    public CancellationToken Gone => http.RequestAborted;

    public static JsonObject Error(string message, string code, string? field = null) => new()
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = "invalid_request_error", ["param"] = field, ["code"] = code },
    };

    /// <summary>Pieces of the answer, one event each.</summary>
    public async Task TextAsync(params string[] pieces)
    {
        foreach (var piece in pieces)
            await SendAsync(Chunk(new JsonObject { ["content"] = piece }, null));
    }

    /// <summary>Pieces of reasoning, one event each.</summary>
    public async Task ReasoningAsync(params string[] pieces)
    {
        foreach (var piece in pieces)
            await SendAsync(Chunk(new JsonObject { ["reasoning_content"] = piece }, null));
    }

    /// <summary>The end: the reason, the usage with the report, the mark.</summary>
    public async Task FinishAsync(JsonObject? report, string reason = "stop")
    {
        await SendAsync(Chunk([], reason));
        var last = new JsonObject { ["object"] = "chat.completion.chunk", ["choices"] = new JsonArray(), ["usage"] = new JsonObject { ["prompt_tokens"] = 512 } };
        if (report is not null)
            last["kvasir"] = report;
        await SendAsync(last);
        await RawAsync("data: [DONE]\n\n");
    }

    /// <summary>An error in the stream.</summary>
    public Task FailAsync(string message, string code) => SendAsync(Error(message, code));

    /// <summary>An answer that is an error.</summary>
    public Task RefuseAsync(int status, string message, string code, string? field = null, int? retryAfter = null)
    {
        if (retryAfter is { } seconds)
            http.Response.Headers.RetryAfter = $"{seconds}";
        return FakeServer.WriteAsync(http, status, Error(message, code, field));
    }

    /// <summary>Cuts the connection.</summary>
    public void Break() => http.Abort();

    /// <summary>Bytes of the stream as they are.</summary>
    public async Task RawAsync(string text)
    {
        if (!http.Response.HasStarted)
            http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync(text, Gone);
        await http.Response.Body.FlushAsync(Gone);
    }

    private Task SendAsync(JsonNode data) => RawAsync($"data: {data.ToJsonString()}\n\n");

    private static JsonObject Chunk(JsonObject delta, string? reason) => new()
    {
        ["object"] = "chat.completion.chunk",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = reason }),
    };
}

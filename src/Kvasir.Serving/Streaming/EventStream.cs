using System.Buffers;
using System.Text;
using System.Text.Json;
using Kvasir.Serving.Json;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Streaming;

/// <summary>
/// Server-sent events (WHATWG HTML, section 9.2) with JSON as data. The response begins with the first event, so what fails before
/// it still gets its own status. Several answers may write at once.
/// </summary>
internal sealed class EventStream(HttpContext http) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private Utf8JsonWriter? _json;

    /// <summary>Whether the first event was sent.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Sends an event.</summary>
    /// <param name="write">Writes its data, one JSON value.</param>
    /// <param name="name">The event's name; none when null.</param>
    public async Task SendAsync(Action<Utf8JsonWriter> write, string? name = null)
    {
        await _turn.WaitAsync(http.RequestAborted).ConfigureAwait(false);
        try
        {
            _buffer.ResetWrittenCount();
            if (name is not null)
            {
                _buffer.Write("event: "u8);
                Encoding.UTF8.GetBytes(name, _buffer);
                _buffer.Write("\n"u8);
            }

            _buffer.Write("data: "u8);
            _json ??= new Utf8JsonWriter(_buffer, JsonResponse.Options);
            _json.Reset(_buffer);
            write(_json);
            _json.Flush();
            _buffer.Write("\n\n"u8);
            await SendBufferAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends the mark that ends the streams of chats and completions.</summary>
    public async Task SendDoneAsync()
    {
        _buffer.ResetWrittenCount();
        _buffer.Write("data: [DONE]\n\n"u8);
        await SendBufferAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _json?.Dispose();
        _turn.Dispose();
    }

    private async Task SendBufferAsync()
    {
        if (!HasStarted)
        {
            HasStarted = true;
            http.Response.ContentType = "text/event-stream; charset=utf-8";
            http.Response.Headers.CacheControl = "no-cache";
            http.Response.Headers["X-Accel-Buffering"] = "no";
        }

        await http.Response.Body.WriteAsync(_buffer.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(http.RequestAborted).ConfigureAwait(false);
    }
}

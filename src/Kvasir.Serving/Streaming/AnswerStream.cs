using Kvasir.Serving.Errors;
using Kvasir.Serving.Pipeline;

namespace Kvasir.Serving.Streaming;

/// <summary>The stream of a chat or a completion: its events, then the mark of its end, or an error as its last event.</summary>
internal static class AnswerStream
{
    /// <param name="call">The request.</param>
    /// <param name="send">Sends the events.</param>
    /// <exception cref="ApiException">What failed; where the stream had begun, the client has been told.</exception>
    public static async Task SendAsync(ApiCall call, Func<EventStream, Task> send)
    {
        using var events = new EventStream(call.Http);
        try
        {
            await send(events).ConfigureAwait(false);
            await events.SendDoneAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (events.HasStarted && !call.Http.RequestAborted.IsCancellationRequested)
        {
            var error = call.Explain(exception);
            await events.SendAsync(json => ErrorBody.Write(json, error)).ConfigureAwait(false);
            throw error;
        }
    }
}

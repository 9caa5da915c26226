using Kvasir.Serving.Chat;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Streaming;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Responses;

/// <summary><c>POST /v1/responses</c>, without what would have to be kept between requests.</summary>
internal sealed class ResponseEndpoint(ModelRegistry models, ServerConfiguration configuration, TimeProvider time)
{
    public async Task HandleAsync(ApiCall call)
    {
        var body = await JsonBody.ReadAsync(call.Http).ConfigureAwait(false);
        var name = body.Text("model");
        var stream = body.Flag("stream") ?? false;
        using var lease = await models.AcquireAsync(name, call.Cancellation).ConfigureAwait(false);
        call.Trace.SetModel(lease);
        var chat = ResponseRequestReader.Read(body, lease.Service);
        using var run = await ChatRun.StartAsync(call, lease, chat, configuration).ConfigureAwait(false);
        var writer = new ResponseWriter(run, body, name ?? lease.Service.Name, time.GetUtcNow());
        if (stream)
            await StreamAsync(call, run, writer).ConfigureAwait(false);
        else
            await AnswerAsync(call.Http, run, writer).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext http, ChatRun run, ResponseWriter writer)
    {
        var output = new ResponseOutput(new SilentObserver());
        var answer = await run.ReadAsync(run.Choices[0], (_, parts) => output.AddAsync(parts)).ConfigureAwait(false);
        await output.EndAsync(ResponseWriter.Status(answer) == "completed").ConfigureAwait(false);
        var usage = run.Finish([answer]);
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json => writer.WriteEnded(json, output.Items, answer, usage)).ConfigureAwait(false);
    }

    private static async Task StreamAsync(ApiCall call, ChatRun run, ResponseWriter writer)
    {
        using var events = new EventStream(call.Http);
        var observer = new StreamingObserver(events);
        var output = new ResponseOutput(observer);
        try
        {
            var answer = await run.ReadAsync(run.Choices[0], AddAsync).ConfigureAwait(false);
            await BeginAsync().ConfigureAwait(false);
            var status = ResponseWriter.Status(answer);
            await output.EndAsync(status == "completed").ConfigureAwait(false);
            var usage = run.Finish([answer]);
            await SendAsync($"response.{status}", json => writer.WriteEnded(json, output.Items, answer, usage)).ConfigureAwait(false);
        }
        catch (Exception exception) when (events.HasStarted && !call.Http.RequestAborted.IsCancellationRequested)
        {
            var error = call.Explain(exception);
            await SendAsync("response.failed", json => writer.WriteFailed(json, error)).ConfigureAwait(false);
            throw error;
        }

        async Task AddAsync(Kvasir.Engine.Requests.GeneratedToken? token, IReadOnlyList<Kvasir.Engine.Conversations.AnswerEvent> parts)
        {
            await BeginAsync().ConfigureAwait(false);
            await output.AddAsync(parts).ConfigureAwait(false);
        }

        async Task BeginAsync()
        {
            if (events.HasStarted)
                return;
            await SendAsync("response.created", writer.WriteBegun).ConfigureAwait(false);
            await SendAsync("response.in_progress", writer.WriteBegun).ConfigureAwait(false);
        }

        Task SendAsync(string type, Action<System.Text.Json.Utf8JsonWriter> write) => observer.SendAsync(type, json =>
        {
            json.WritePropertyName("response");
            write(json);
        });
    }
}

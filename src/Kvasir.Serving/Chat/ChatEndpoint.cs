using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Streaming;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Chat;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal sealed class ChatEndpoint(ModelRegistry models, ServerConfiguration configuration, TimeProvider time)
{
    public async Task HandleAsync(ApiCall call)
    {
        var body = await JsonBody.ReadAsync(call.Http).ConfigureAwait(false);
        var name = body.Text("model");
        var stream = body.Flag("stream") ?? false;
        var usage = body.Object("stream_options")?.Flag("include_usage") ?? false;
        using var lease = await models.AcquireAsync(name, call.Cancellation).ConfigureAwait(false);
        call.Trace.SetModel(lease);
        var chat = ChatRequestReader.Read(body, lease.Service);
        using var run = await ChatRun.StartAsync(call, lease, chat, configuration).ConfigureAwait(false);
        var writer = new ChatWriter(run, name ?? lease.Service.Name, time.GetUtcNow());
        if (stream)
            await StreamAsync(call, run, writer, usage).ConfigureAwait(false);
        else
            await AnswerAsync(call.Http, run, writer).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext http, ChatRun run, ChatWriter writer)
    {
        var answers = await Task.WhenAll(run.Choices.Select(choice => run.ReadAsync(choice))).ConfigureAwait(false);
        var usage = run.Finish(answers);
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json => writer.WriteWhole(json, answers, usage)).ConfigureAwait(false);
    }

    private static Task StreamAsync(ApiCall call, ChatRun run, ChatWriter writer, bool withUsage) => AnswerStream.SendAsync(call, async events =>
    {
        var answers = await Task.WhenAll(run.Choices.Select(choice => StreamAsync(run, choice, writer, events))).ConfigureAwait(false);
        var usage = run.Finish(answers);
        if (withUsage || run.Report.IsWanted)
            await events.SendAsync(json => writer.WriteLast(json, answers, withUsage ? usage : null)).ConfigureAwait(false);
    });

    private static async Task<ChatAnswer> StreamAsync(ChatRun run, GenerationChoice choice, ChatWriter writer, EventStream events)
    {
        var started = false;
        var answer = await run.ReadAsync(choice, SendAsync).ConfigureAwait(false);
        if (!started)
            await events.SendAsync(json => writer.WriteStart(json, choice.Choice)).ConfigureAwait(false);
        await events.SendAsync(json => writer.WriteFinish(json, choice.Choice, answer.FinishReason)).ConfigureAwait(false);
        return answer;

        async Task SendAsync(GeneratedToken? token, IReadOnlyList<AnswerEvent> parts)
        {
            if (!started)
            {
                started = true;
                await events.SendAsync(json => writer.WriteStart(json, choice.Choice)).ConfigureAwait(false);
            }

            var logprobs = token is { Logprob: not null } ? token : null;
            if (parts.Count == 0 && logprobs is not null)
                await events.SendAsync(json => writer.WriteDelta(json, choice.Choice, null, logprobs)).ConfigureAwait(false);
            foreach (var part in parts)
            {
                if (part.Kind == AnswerEventKind.ToolCallEnd)
                    continue;
                await events.SendAsync(json => writer.WriteDelta(json, choice.Choice, part, logprobs)).ConfigureAwait(false);
                logprobs = null;
            }
        }
    }
}

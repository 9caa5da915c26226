using Kvasir.Engine.Requests;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Requests;
using Kvasir.Serving.Streaming;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Completions;

/// <summary><c>POST /v1/completions</c>.</summary>
internal sealed class CompletionEndpoint(ModelRegistry models, ServerConfiguration configuration, TimeProvider time)
{
    public async Task HandleAsync(ApiCall call)
    {
        var body = await JsonBody.ReadAsync(call.Http).ConfigureAwait(false);
        var name = body.Text("model");
        var stream = body.Flag("stream") ?? false;
        var withUsage = body.Object("stream_options")?.Flag("include_usage") ?? false;
        using var lease = await models.AcquireAsync(name, call.Cancellation).ConfigureAwait(false);
        call.Trace.SetModel(lease);
        var completion = await CompletionRequestReader.ReadAsync(body, lease.Service, call.Cancellation).ConfigureAwait(false);
        AnswerLimit.Check(completion.Choices * completion.Prompts.Count, completion.MaxTokens, lease.Service.Engine.MaxContext, completion.TopLogprobs);
        var salt = completion.Kvasir.CacheSalt(call.Tenant, configuration.Cache);
        var choice = ReuseChoice.Of(completion.Kvasir, call.Tenant, lease.Service);
        var generations = new List<Generation>();
        try
        {
            for (var i = 0; i < completion.Prompts.Count; i++)
            {
                PromptLimit.Check("prompt", completion.Prompts[i].Length, configuration.Limits);
                generations.Add(Submit(lease, completion, i, choice, call.Tenant, salt));
            }

            PromptReuse[] reuse = [.. completion.Parts.Select(parts => completion.Kvasir.ReuseOf(choice, parts, parts.Count))];

            var writer = new CompletionWriter(lease, completion, name ?? lease.Service.Name, time.GetUtcNow());
            if (stream)
                await StreamAsync(call, lease, generations, reuse, writer, withUsage).ConfigureAwait(false);
            else
                await AnswerAsync(call, lease, generations, reuse, writer).ConfigureAwait(false);
        }
        finally
        {
            foreach (var generation in generations)
                generation.Dispose();
        }
    }

    private Generation Submit(ModelLease lease, CompletionCall completion, int prompt, ReuseChoice choice, Tenant tenant, ReadOnlyMemory<byte> salt)
    {
        var kv = CompressionChoice.Of(completion.Kvasir, tenant, lease.Service, completion.Prompts[prompt].Length, choice.IsOn);
        return lease.Service.Engine.Submit(kv.ApplyTo(new GenerationRequest
        {
            Prompt = completion.Prompts[prompt],
            Grammar = completion.Grammar,
            MaxTokens = completion.MaxTokens,
            Sampling = completion.Sampling,
            Choices = completion.Choices,
            StopStrings = completion.Stops,
            IgnoreStopTokens = completion.IgnoreStopTokens,
            TopLogprobs = completion.TopLogprobs,
            CacheSalt = salt,
            Adapter = lease.Adapter,
            WantReceipt = completion.Kvasir.Receipt,
            Blending = choice.ToRequest(completion.Parts[prompt]),
            QueueTimeout = configuration.Limits.QueueTimeout,
        }));
    }

    private static async Task AnswerAsync(ApiCall call, ModelLease lease, List<Generation> generations, PromptReuse[] reuse, CompletionWriter writer)
    {
        var answers = new List<IReadOnlyList<Answer>>();
        foreach (var generation in generations)
            answers.Add(await generation.CompleteAsync(call.Cancellation).ConfigureAwait(false));
        var usage = Finish(call, lease, answers, reuse);
        await JsonResponse.WriteAsync(call.Http, StatusCodes.Status200OK, json => writer.WriteWhole(json, answers, usage)).ConfigureAwait(false);
    }

    private static Task StreamAsync(ApiCall call, ModelLease lease, List<Generation> generations, PromptReuse[] reuse, CompletionWriter writer, bool withUsage) =>
        AnswerStream.SendAsync(call, async events =>
        {
            var reads = generations.SelectMany((generation, prompt) => generation.Choices.Select(choice => StreamAsync(call, prompt, choice, writer, events))).ToArray();
            await Task.WhenAll(reads).ConfigureAwait(false);
            var answers = generations.Select(generation => (IReadOnlyList<Answer>)[.. generation.Choices.Select(choice => choice.ToAnswer())]).ToArray();
            var usage = Finish(call, lease, answers, reuse);
            if (withUsage || writer.WantsReport)
                await events.SendAsync(json => writer.WriteLast(json, answers, withUsage ? usage : null)).ConfigureAwait(false);
        });

    private static async Task StreamAsync(ApiCall call, int prompt, GenerationChoice choice, CompletionWriter writer, EventStream events)
    {
        if (writer.Echoes)
            await events.SendAsync(json => writer.WriteEcho(json, prompt, choice.Choice)).ConfigureAwait(false);
        var offset = writer.EchoLength(prompt);
        await foreach (var token in AnswerSource.ReadAsync(choice, call.Trace, call.Cancellation).ConfigureAwait(false))
        {
            if (token.Text.Length == 0 && token.Logprob is null)
                continue;
            var at = offset;
            await events.SendAsync(json => writer.WriteDelta(json, prompt, choice.Choice, token, at)).ConfigureAwait(false);
            offset += token.Text.Length;
        }

        await events.SendAsync(json => writer.WriteFinish(json, prompt, choice.Choice, choice.Finish!.Value)).ConfigureAwait(false);
    }

    private static Usage Finish(ApiCall call, ModelLease lease, IReadOnlyList<IReadOnlyList<Answer>> answers, PromptReuse[] reuse)
    {
        var usage = answers.Select((choices, prompt) => Usage.Of([.. choices.Select(answer => answer.Statistics)], reuse[prompt])).Aggregate((a, b) => a + b);
        call.Trace.Finish(lease, [.. answers.SelectMany(choices => choices)], usage);
        return usage;
    }
}

using System.Diagnostics;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Requests;
using Kvasir.Serving.Telemetry;

namespace Kvasir.Serving.Pipeline;

/// <summary>What the trace and the metrics of a request are told while it goes on.</summary>
internal sealed class CallTrace(ServerMetrics metrics, string operation, string tenant, bool withContent) : IDisposable
{
    private readonly Activity? _activity = metrics.Traces.StartActivity(operation, ActivityKind.Server);

    /// <summary>What is done, e.g. <c>chat</c>.</summary>
    public string Operation => operation;

    /// <summary>The model, once it is known.</summary>
    public string? Model { get; private set; }

    /// <summary>The model is known.</summary>
    public void SetModel(ModelLease lease)
    {
        Model = lease.Service.Name;
        if (_activity is null)
            return;
        _activity.DisplayName = $"{operation} {Model}";
        _activity.SetTag(GenAi.Operation, operation);
        _activity.SetTag("gen_ai.provider.name", GenAi.Provider);
        _activity.SetTag(GenAi.RequestModel, Model);
        _activity.SetTag("kvasir.tenant", tenant);
        _activity.SetTag("kvasir.adapter", lease.Adapter);
    }

    /// <summary>The prompt, kept only where the operator wants it.</summary>
    public void SetPrompt(Func<string> text)
    {
        if (withContent)
            _activity?.SetTag("gen_ai.input.messages", text());
    }

    /// <summary>Answers were finished.</summary>
    public void Finish(ModelLease lease, IReadOnlyList<Answer> answers, Usage usage)
    {
        foreach (var answer in answers)
        {
            lease.Service.Activity.Add(answer.Statistics);
            metrics.Record(answer.Statistics, operation, lease.Service.Name, tenant);
        }

        if (_activity is null)
            return;
        _activity.SetTag("gen_ai.response.model", Model);
        _activity.SetTag("gen_ai.response.finish_reasons", answers.Select(answer => answer.Finish.ToString().ToLowerInvariant()).ToArray());
        _activity.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens);
        _activity.SetTag("gen_ai.usage.cache_read.input_tokens", usage.CachedTokens);
        _activity.SetTag("gen_ai.usage.output_tokens", usage.CompletionTokens);
        _activity.SetTag("kvasir.queue.seconds", answers[0].Statistics.QueueTime.TotalSeconds);
        _activity.SetTag("kvasir.time_to_first_token.seconds", answers[0].Statistics.TimeToFirstToken.TotalSeconds);
        if (withContent)
            _activity.SetTag("gen_ai.output.messages", string.Join('\n', answers.Select(answer => answer.Text)));
    }

    /// <summary>A token came so long after the one before it.</summary>
    public void TokenAfter(TimeSpan gap) => metrics.RecordGap(gap, GenAi.Tags(operation, Model));

    /// <summary>The request ended with an error.</summary>
    public void Fail(ApiException error)
    {
        _activity?.SetTag("error.type", error.Code);
        _activity?.SetStatus(ActivityStatusCode.Error, error.Message);
    }

    public void Dispose() => _activity?.Dispose();
}

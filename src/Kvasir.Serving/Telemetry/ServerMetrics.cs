using System.Diagnostics;
using System.Diagnostics.Metrics;
using Kvasir.Engine.Requests;

namespace Kvasir.Serving.Telemetry;

/// <summary>
/// The server's instruments. Names beginning with <c>gen_ai</c> are those of OpenTelemetry's semantic conventions for generative AI;
/// what they have no name for begins with <c>kvasir</c>.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>Name of the meter and of the source of traces.</summary>
    public const string SourceName = "Kvasir";

    private static readonly InstrumentAdvice<double> Requests = Buckets(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
    private static readonly InstrumentAdvice<double> FirstTokens = Buckets(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60);
    private static readonly InstrumentAdvice<double> Tokens = Buckets(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5);

    private readonly Meter _meter = new(SourceName);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<double> _betweenTokens;
    private readonly Histogram<double> _queue;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _tenantTokens;
    private readonly long[] _outcomes = new long[Enum.GetValues<CallOutcome>().Length];
    private int _active;

    public ServerMetrics(EngineSnapshots engines)
    {
        _duration = _meter.CreateHistogram("gen_ai.server.request.duration", "s", "Time from a request's arrival to its end.", null, Requests);
        _firstToken = _meter.CreateHistogram("gen_ai.server.time_to_first_token", "s", "Time from submission to the first token of an answer.", null, FirstTokens);
        _perToken = _meter.CreateHistogram("gen_ai.server.time_per_output_token", "s", "Mean time between the tokens of an answer, the first apart.", null, Tokens);
        _betweenTokens = _meter.CreateHistogram("kvasir.time_between_tokens", "s", "Time between two tokens of an answer as its reader saw them.", null, Tokens);
        _queue = _meter.CreateHistogram("kvasir.queue.time", "s", "Time before the first step of an answer.", null, FirstTokens);
        _requests = _meter.CreateCounter<long>("kvasir.requests", "{request}", "Requests that have ended.");
        _tenantTokens = _meter.CreateCounter<long>("kvasir.tenant.tokens", "{token}", "Tokens of prompts and answers by tenant.");
        _meter.CreateObservableGauge("kvasir.requests.active", () => _active, "{request}", "Requests under way.");
        engines.Register(_meter);
    }

    /// <summary>Source of the requests' traces.</summary>
    public ActivitySource Traces { get; } = new(SourceName);

    /// <summary>Requests under way.</summary>
    public int Active => _active;

    /// <summary>Requests that ended so.</summary>
    public long Count(CallOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);

    public void Begin() => Interlocked.Increment(ref _active);

    /// <summary>A request has ended.</summary>
    public void End(CallOutcome outcome, string operation, string? model, string tenant, TimeSpan duration)
    {
        Interlocked.Decrement(ref _active);
        Interlocked.Increment(ref _outcomes[(int)outcome]);
        _requests.Add(1, new("kvasir.outcome", outcome.ToString().ToLowerInvariant()), new(GenAi.Operation, operation), new(GenAi.RequestModel, model), new("kvasir.tenant", tenant));
        if (outcome is CallOutcome.Finished or CallOutcome.Failed)
            _duration.Record(duration.TotalSeconds, GenAi.Tags(operation, model));
    }

    /// <summary>An answer was finished.</summary>
    public void Record(GenerationStatistics statistics, string operation, string model, string tenant)
    {
        var tags = GenAi.Tags(operation, model);
        _queue.Record(statistics.QueueTime.TotalSeconds, tags);
        _firstToken.Record(statistics.TimeToFirstToken.TotalSeconds, tags);
        if (ModelActivity.TimePerToken(statistics) is { } perToken)
            _perToken.Record(perToken.TotalSeconds, tags);
        _tenantTokens.Add(statistics.PromptTokens, new("kvasir.tenant", tenant), new("gen_ai.token.type", "input"));
        _tenantTokens.Add(statistics.AnswerTokens, new("kvasir.tenant", tenant), new("gen_ai.token.type", "output"));
    }

    /// <summary>A token came so long after the one before it.</summary>
    public void RecordGap(TimeSpan gap, in TagList tags) => _betweenTokens.Record(gap.TotalSeconds, tags);

    public void Dispose()
    {
        _meter.Dispose();
        Traces.Dispose();
    }

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };
}

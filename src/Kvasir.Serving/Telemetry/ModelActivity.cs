using Kvasir.Engine.Requests;

namespace Kvasir.Serving.Telemetry;

/// <summary>What the latest requests of a model have seen: latencies, speed, and how fast prompts are computed. Thread-safe.</summary>
internal sealed class ModelActivity(TimeProvider time)
{
    /// <summary>Fewer computed tokens say more about fixed costs than about the rate.</summary>
    private const int MinPrefillTokens = 16;

    /// <summary>Share of the newest request in the rate.</summary>
    private const double Newest = 0.2;

    private readonly Lock _gate = new();
    private readonly LatencyWindow _firstToken = new();
    private readonly LatencyWindow _token = new();
    private readonly LatencyWindow _queue = new();
    private readonly TokenRate _rate = new(time);
    private double _secondsPerPromptToken;

    /// <summary>Takes note of an answer that was finished.</summary>
    public void Add(GenerationStatistics statistics)
    {
        var prefill = statistics.TimeToFirstToken - statistics.QueueTime;
        var computed = statistics.PromptTokens - statistics.ReusedTokens;
        lock (_gate)
        {
            _queue.Add(statistics.QueueTime);
            _firstToken.Add(statistics.TimeToFirstToken);
            if (TimePerToken(statistics) is { } perToken)
                _token.Add(perToken);
            _rate.Add(statistics.AnswerTokens);
            if (computed >= MinPrefillTokens && prefill > TimeSpan.Zero)
            {
                var seconds = prefill.TotalSeconds / computed;
                _secondsPerPromptToken = _secondsPerPromptToken == 0 ? seconds : _secondsPerPromptToken + Newest * (seconds - _secondsPerPromptToken);
            }
        }
    }

    /// <summary>The time to the first token as it would have been had nothing been reused; null before prompts were computed.</summary>
    public TimeSpan? WithoutReuse(GenerationStatistics statistics)
    {
        lock (_gate)
        {
            return _secondsPerPromptToken == 0
                ? null
                : statistics.TimeToFirstToken + TimeSpan.FromSeconds(statistics.ReusedTokens * _secondsPerPromptToken);
        }
    }

    /// <summary>What there is to show.</summary>
    public ActivitySnapshot Snapshot()
    {
        lock (_gate)
            return new ActivitySnapshot(_firstToken.Quantiles(), _token.Quantiles(), _queue.Quantiles(), _rate.PerSecond());
    }

    /// <summary>Mean time between two tokens of an answer; null when there are fewer than two.</summary>
    public static TimeSpan? TimePerToken(GenerationStatistics statistics) => statistics.AnswerTokens > 1
        ? (statistics.TotalTime - statistics.TimeToFirstToken) / (statistics.AnswerTokens - 1)
        : null;
}

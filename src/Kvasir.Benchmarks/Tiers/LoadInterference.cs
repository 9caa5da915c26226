using System.Diagnostics;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tiers;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>How much longer another request's tokens take while a context is being loaded.</summary>
internal static class LoadInterference
{
    private const int DecoderPrompt = 512;

    /// <param name="Quiet">Mean time between the decoder's tokens while it is alone, seconds.</param>
    /// <param name="Loading">The same while a load is under way.</param>
    /// <param name="Samples">Tokens in <paramref name="Loading"/>.</param>
    internal sealed record Result(double Quiet, double Loading, int Samples);

    public static async Task<Result> RunAsync(
        TierBenchmarkOptions options, double bytesPerToken, int tokens, TierOptions tiers, CancellationToken cancellation)
    {
        using var session = await TierSession.OpenAsync(options, tokens + (4 * DecoderPrompt) + 1024, bytesPerToken, tiers).ConfigureAwait(false);
        var context = session.Prompt(tokens, seed: 7);
        await session.AnswerAsync(context, 1, cancellation: cancellation).ConfigureAwait(false);
        await session.ForgetPoolAsync().ConfigureAwait(false);

        var watch = new Watch();
        using var decoder = session.Engine.Submit(new GenerationRequest
        {
            Prompt = session.Prompt(DecoderPrompt, seed: 8),
            MaxTokens = Math.Min(session.Engine.MaxContext - DecoderPrompt, 4 * DecoderPrompt),
            IgnoreStopTokens = true,
            UsePrefixCache = false,
        });
        var decoding = decoder.Choices[0].CompleteAsync(cancellation);
        await session.Engine.QueryAsync(loop =>
        {
            loop.Observer = (sequence, _) => watch.Token(loop, sequence.PromptLength == DecoderPrompt);
            return true;
        }).ConfigureAwait(false);
        for (var i = 0; i < options.Runs && !decoding.IsCompleted; i++)
        {
            await watch.WaitForQuietAsync(decoding).ConfigureAwait(false);
            await session.AnswerAsync(context, 1, cancellation: cancellation).ConfigureAwait(false);
            await session.ForgetPoolAsync().ConfigureAwait(false);
        }

        await watch.WaitForQuietAsync(decoding).ConfigureAwait(false);
        await session.Engine.QueryAsync(loop => loop.Observer = null).ConfigureAwait(false);
        return watch.Result();
    }

    /// <summary>The decoder's tokens, written on the engine's thread.</summary>
    private sealed class Watch
    {
        private const int QuietTokens = 12;

        private readonly Lock _gate = new();
        private readonly List<double> _quiet = [];
        private readonly List<double> _loading = [];
        private TaskCompletionSource? _waiter;
        private long _last;
        private bool _wasLoading;
        private bool _wasAlone;
        private int _quietUntil;

        public void Token(EngineLoop loop, bool isDecoder)
        {
            if (!isDecoder)
                return;
            lock (_gate)
            {
                var now = Stopwatch.GetTimestamp();
                var loading = loop.Tiers!.LoadingCount > 0;
                var alone = loop.Running.Count == 1;
                if (_last != 0 && loading && _wasLoading)
                    _loading.Add(Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
                if (_last != 0 && alone && _wasAlone)
                    _quiet.Add(Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
                (_last, _wasLoading, _wasAlone) = (now, loading, alone);
                if (_waiter is not null && _quiet.Count >= _quietUntil)
                {
                    _waiter.TrySetResult();
                    _waiter = null;
                }
            }
        }

        public Task WaitForQuietAsync(Task decoding)
        {
            lock (_gate)
            {
                _quietUntil = _quiet.Count + QuietTokens;
                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return Task.WhenAny(_waiter.Task, decoding);
            }
        }

        public Result Result()
        {
            lock (_gate)
                return new Result(_quiet.DefaultIfEmpty(double.NaN).Average(), _loading.DefaultIfEmpty(double.NaN).Average(), _loading.Count);
        }
    }
}

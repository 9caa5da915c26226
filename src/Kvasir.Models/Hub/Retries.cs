namespace Kvasir.Models.Hub;

/// <summary>Tries again what may go well: after pauses that double from half a second to half a minute, or as long as the server asks.</summary>
internal sealed class Retries(HubOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Runs an attempt until it succeeds, fails for good, or has failed too often in a row.</summary>
    /// <param name="attempt">Throws <see cref="TransientException"/> for what may be tried again.</param>
    /// <param name="progress">A number that grows as attempts get further; attempts that moved it do not count. Null when there is none.</param>
    /// <exception cref="HubException">It failed too often, or the server asks to wait for too long.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> attempt, Func<long>? progress, CancellationToken cancellation)
    {
        int failures = 0;
        long reached = progress?.Invoke() ?? 0;
        while (true)
        {
            TransientException failure;
            try
            {
                return await attempt(cancellation).ConfigureAwait(false);
            }
            catch (TransientException exception)
            {
                failure = exception;
            }

            if (progress?.Invoke() is { } now && now - reached >= options.WindowBytes)
            {
                reached = now;
                failures = 0;
            }

            if (++failures >= options.MaxAttempts)
                throw new HubException(HubProblem.Unavailable, $"{failure.Message}, also after {failures} attempts; the same command goes on from here later", failure);
            if (failure.Wait > options.MaxWait)
                throw new HubException(HubProblem.Unavailable, FormattableString.Invariant($"{failure.Message}, and asks to wait {failure.Wait.Value.TotalSeconds:0} s; the same command goes on from here then"), failure);
            await PauseAsync(failure.Wait ?? Backoff(failures), cancellation).ConfigureAwait(false);
        }
    }

    private static TimeSpan Backoff(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 16));
        return pause < LongestPause ? pause : LongestPause;
    }

    private Task PauseAsync(TimeSpan pause, CancellationToken cancellation) =>
        options.Pause?.Invoke(pause, cancellation) ?? Task.Delay(pause, options.Time, cancellation);
}

namespace Kvasir.Serving.Pipeline;

/// <summary>Counts requests under way; closed, it lets no further ones in and tells when the last has left.</summary>
internal sealed class DrainGate : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;

    /// <summary>Whether it is closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Cancelled when those inside have to end at once.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <summary>Enters; false when it is closed.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (IsClosed)
                return false;
            _inside++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _inside--;
            SignalIfEmpty();
        }
    }

    /// <summary>Closes, and waits until all have left; after <paramref name="patience"/> they are told to end at once.</summary>
    public async Task CloseAsync(TimeSpan patience, TimeProvider time, CancellationToken impatient)
    {
        lock (_gate)
        {
            IsClosed = true;
            SignalIfEmpty();
        }

        try
        {
            await _empty.Task.WaitAsync(patience, time, impatient).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            await _abort.CancelAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => _abort.Dispose();

    private void SignalIfEmpty()
    {
        if (IsClosed && _inside == 0)
            _empty.TrySetResult();
    }
}

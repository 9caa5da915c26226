namespace Kvasir.Models.Hub;

/// <summary>
/// Ends a connection on which too little comes in too long a time, be it nothing or a byte now and then
/// (<see cref="HubOptions.Window"/>, <see cref="HubOptions.WindowBytes"/>).
/// </summary>
internal sealed class ReadDeadline : IDisposable
{
    private readonly HubOptions _options;
    private readonly string _what;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _window;
    private readonly CancellationTokenSource _either;
    private readonly ITimer _timer;
    private long _inWindow;

    public ReadDeadline(HubOptions options, string what, CancellationToken cancellation)
    {
        _options = options;
        _what = what;
        _cancellation = cancellation;
        _window = new CancellationTokenSource();
        _either = CancellationTokenSource.CreateLinkedTokenSource(_window.Token, cancellation);
        _timer = options.Time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), _window, options.Window, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the time is over or the caller cancels.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Runs what may take as long as the window.</summary>
    /// <exception cref="TransientException">It took longer.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> action)
    {
        try
        {
            return await action(_either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(_cancellation);
        }
        catch (OperationCanceledException exception)
        {
            throw new TransientException(FormattableString.Invariant($"{_what}: too little came in {_options.Window.TotalSeconds:0} s"), inner: exception);
        }
    }

    /// <summary>Reads from a connection; 0 at its end.</summary>
    /// <exception cref="TransientException">The connection broke, or was too slow.</exception>
    public async Task<int> ReadAsync(Stream stream, Memory<byte> buffer)
    {
        int read = await RunAsync(async token =>
        {
            try
            {
                return await stream.ReadAsync(buffer, token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                // An abort by the timer or the caller can look like a broken connection.
                token.ThrowIfCancellationRequested();
                throw new TransientException($"{_what}: the connection broke", inner: exception);
            }
        }).ConfigureAwait(false);
        _inWindow += read;
        if (_inWindow >= _options.WindowBytes)
        {
            _inWindow = 0;
            _timer.Change(_options.Window, Timeout.InfiniteTimeSpan);
        }

        return read;
    }

    public void Dispose()
    {
        _timer.Dispose();
        _either.Dispose();
        _window.Dispose();
    }
}

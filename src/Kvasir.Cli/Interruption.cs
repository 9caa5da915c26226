namespace Kvasir.Cli;

/// <summary>
/// What Ctrl-C does: it cancels the innermost thing under way, and ends the program when that is the program itself and it was
/// asked before.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _program = new();
    private CancellationTokenSource? _inner;
    private bool _ofConsole;

    /// <summary>Cancelled when the program is to end.</summary>
    public CancellationToken Token => _program.Token;

    /// <summary>True when nothing would be lost by ending at once (a prompt waits for input).</summary>
    public bool Idle { get; set; }

    /// <summary>Listens to the console's Ctrl-C.</summary>
    public static Interruption OfConsole()
    {
        var interruption = new Interruption { _ofConsole = true };
        Console.CancelKeyPress += interruption.OnCancelKey;
        return interruption;
    }

    /// <summary>Begins something that Ctrl-C ends instead of the program, until the result is disposed.</summary>
    public Scope Enter()
    {
        lock (_gate)
        {
            _inner = CancellationTokenSource.CreateLinkedTokenSource(_program.Token);
            return new Scope(this, _inner);
        }
    }

    /// <summary>What Ctrl-C does; false when the program should be ended by force.</summary>
    public bool Interrupt()
    {
        lock (_gate)
        {
            if (_inner is not null)
            {
                _inner.Cancel();
                return true;
            }

            if (Idle || _program.IsCancellationRequested)
                return false;
            _program.Cancel();
            return true;
        }
    }

    public void Dispose()
    {
        if (_ofConsole)
            Console.CancelKeyPress -= OnCancelKey;
        _inner?.Dispose();
        _program.Dispose();
    }

    private void OnCancelKey(object? sender, ConsoleCancelEventArgs arguments) => arguments.Cancel = Interrupt();

    private void Leave(CancellationTokenSource source)
    {
        lock (_gate)
        {
            _inner = null;
            source.Dispose();
        }
    }

    /// <summary>Something that Ctrl-C ends.</summary>
    internal readonly struct Scope(Interruption owner, CancellationTokenSource source) : IDisposable
    {
        public CancellationToken Token => source.Token;

        public void Dispose() => owner.Leave(source);
    }
}

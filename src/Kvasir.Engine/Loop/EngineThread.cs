using System.Collections.Concurrent;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Loop;

/// <summary>Runs an <see cref="EngineLoop"/> on a thread of its own; requests and cancellations arrive through a queue.</summary>
internal sealed class EngineThread : IDisposable
{
    /// <summary>So that a deadline has passed when the loop looks again.</summary>
    private static readonly TimeSpan DeadlineSlack = TimeSpan.FromMilliseconds(1);

    private readonly EngineLoop _loop;
    private readonly ConcurrentQueue<Command> _commands = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();
    private readonly Thread _thread;
    private readonly int _maxQueued;
    private int _undrained;
    private int _waiting;
    private volatile bool _stopping;

    private readonly record struct Command(IReadOnlyList<Sequence>? Submit, IReadOnlyList<Sequence>? Cancel, Action<EngineLoop>? Query);

    public EngineThread(EngineLoop loop, int maxQueued)
    {
        _loop = loop;
        if (loop.Tiers is { } tiers)
            tiers.Wake = () => TryEnqueue(default);
        _maxQueued = maxQueued;
        _thread = new Thread(Run) { IsBackground = true, Name = "kvasir-engine" };
        _thread.Start();
    }

    /// <summary>Queues the answers of one request; one caller at a time.</summary>
    /// <exception cref="EngineOverloadedException">Too many sequences wait already.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public void Submit(IReadOnlyList<Sequence> sequences)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        var queued = Volatile.Read(ref _undrained) + Volatile.Read(ref _waiting);
        if (queued + sequences.Count > _maxQueued)
            throw new EngineOverloadedException(queued);
        Interlocked.Add(ref _undrained, sequences.Count);
        ObjectDisposedException.ThrowIf(!TryEnqueue(new Command(sequences, null, null)), this);
    }

    /// <summary>Ends sequences; those of a disposed engine have ended already.</summary>
    public void Cancel(IReadOnlyList<Sequence> sequences) => TryEnqueue(new Command(null, sequences, null));

    /// <summary>Runs a function on the engine's thread, between steps.</summary>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Task<T> QueryAsync<T>(Func<EngineLoop, T> query)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var queued = TryEnqueue(new Command(null, null, loop =>
        {
            try
            {
                completion.SetResult(query(loop));
            }
            catch (Exception exception)
            {
                // Whatever it is, it is the asker's: the loop goes on.
                completion.SetException(exception);
            }
        }));
        ObjectDisposedException.ThrowIf(!queued, this);
        return completion.Task;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            _stopping = true;
            _wake.Release();
        }

        _thread.Join();
        _wake.Dispose();
    }

    /// <summary>Queues a command; false when the engine is being disposed.</summary>
    /// <remarks>
    /// The lock orders it before or after the end: the thread drains the queue once more after it has seen that it is to stop, so what
    /// was queued before is answered, and nothing is queued that nobody would.
    /// </remarks>
    private bool TryEnqueue(in Command command)
    {
        lock (_gate)
        {
            if (_stopping)
                return false;
            _commands.Enqueue(command);
            _wake.Release();
            return true;
        }
    }

    private void Run()
    {
        while (!_stopping)
        {
            if (_loop.IsIdle && _commands.IsEmpty)
            {
                if (_loop.Scrub())
                    continue;
                _wake.Wait();
            }

            Drain();
            if (_loop.IsIdle)
                continue;
            try
            {
                if (_loop.Step() || !_commands.IsEmpty)
                    continue;
                if (_loop.UntilNextDeadline is { } most)
                    _wake.Wait(most + DeadlineSlack);
                else
                    throw new InvalidOperationException("sequences wait but none can run: the scheduling policy left them out or a promise was never kept");
            }
            catch (EngineFailedException)
            {
                // The step's sequences carry the error to their readers; the others go on.
            }
            catch (Exception exception)
            {
                _loop.FailAll(new EngineFailedException($"the engine's loop failed: {exception.Message}", exception));
            }

            Volatile.Write(ref _waiting, _loop.WaitingCount);
        }

        Drain();
        _loop.Dispose();
    }

    private void Drain()
    {
        while (_commands.TryDequeue(out var command))
        {
            _wake.Wait(0);
            if (command.Submit is { } submit)
            {
                // Further answers wait as forks of the first, whose prompt they share.
                if (submit.Count > 1)
                    submit[0].Forks = [.. submit.Skip(1)];
                _loop.Submit(submit[0]);
                Volatile.Write(ref _waiting, _loop.WaitingCount);
                Interlocked.Add(ref _undrained, -submit.Count);
            }

            if (command.Cancel is { } cancel)
            {
                _loop.Cancel(cancel);
                Volatile.Write(ref _waiting, _loop.WaitingCount); // no step may follow that would do it
            }

            command.Query?.Invoke(_loop);
        }
    }
}

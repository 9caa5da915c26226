using System.Runtime.ExceptionServices;

namespace Kvasir.KvCache.Virtual;

/// <summary>
/// Makes planned calls while the model runs. Its owner plans, starts it, and waits for it before it plans again; so the books are touched by
/// one thread only.
/// </summary>
internal sealed class SlotWorker : IDisposable
{
    private readonly ISlotMemory _memory;
    private readonly Lock _life = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly ManualResetEventSlim _idle = new(true);
    private Thread? _thread;
    private MapOperation[] _operations = [];
    private int _count;
    private int _done;
    private Exception? _failure;
    private volatile bool _stop;

    public SlotWorker(ISlotMemory memory) => _memory = memory;

    /// <summary>Whether it was started and nobody has waited for it yet.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Starts operations; they are copied.</summary>
    public void Start(ReadOnlySpan<MapOperation> operations)
    {
        if (_operations.Length < operations.Length)
            _operations = new MapOperation[2 * operations.Length];
        operations.CopyTo(_operations);
        _count = operations.Length;
        _done = 0;
        IsStarted = true;
        lock (_life)
        {
            if (_thread is null)
            {
                _thread = new Thread(Loop) { IsBackground = true, Name = "kvasir-kv-map" };
                _thread.Start();
            }
        }

        _idle.Reset();
        _work.Release();
    }

    /// <summary>Waits until it is idle; returns the operations that the system refused and those planned behind them.</summary>
    public ReadOnlySpan<MapOperation> Wait()
    {
        _idle.Wait();
        IsStarted = false;
        if (_failure is { } failure)
        {
            _failure = null;
            if (failure is not OutOfMemoryException)
                ExceptionDispatchInfo.Throw(failure);
        }

        return _operations.AsSpan(_done, _count - _done);
    }

    public void Dispose()
    {
        _idle.Wait();
        _stop = true;
        _work.Release();
        _thread?.Join();
        _work.Dispose();
        _idle.Dispose();
    }

    private void Loop()
    {
        while (true)
        {
            _work.Wait();
            if (_stop)
                return;
            try
            {
                for (; _done < _count; _done++)
                    _memory.Apply(_operations[_done]);
            }
            catch (Exception exception)
            {
                _failure = exception; // whoever waits hears of it
            }

            _idle.Set();
        }
    }
}

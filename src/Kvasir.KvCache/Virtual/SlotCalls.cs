using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Virtual;

/// <summary>Calls to the system that are planned, joined where they meet, and made at once or by the worker; and what they cost.</summary>
internal sealed class SlotCalls(ISlotMemory memory, TimeProvider time) : IDisposable
{
    private readonly List<MapOperation> _pending = [];
    private readonly List<MapOperation> _refused = [];
    private readonly SlotWorker _worker = new(memory);
    private OutOfMemoryException? _failure;

    public long CriticalCalls { get; private set; }

    public TimeSpan CriticalTime { get; private set; }

    public long BackgroundCalls { get; private set; }

    public void Plan(in MapOperation operation, bool blocksMatter)
    {
        if (_pending.Count > 0 && _pending[^1].TryJoin(operation, blocksMatter, out var joined))
            _pending[^1] = joined;
        else
            _pending.Add(operation);
    }

    /// <summary>Makes the pending calls; returns those that the system refused, and keeps the reason.</summary>
    public ReadOnlySpan<MapOperation> Flush()
    {
        if (_pending.Count == 0)
            return [];
        var start = time.GetTimestamp();
        var done = 0;
        _refused.Clear();
        try
        {
            for (; done < _pending.Count; done++)
                memory.Apply(_pending[done]);
        }
        catch (OutOfMemoryException exception)
        {
            _failure = exception;
            _refused.AddRange(_pending[done..]);
        }

        _pending.Clear();
        CriticalCalls += done;
        CriticalTime += time.GetElapsedTime(start);
        return CollectionsMarshal.AsSpan(_refused);
    }

    /// <summary>Throws what made <see cref="Flush"/> fail.</summary>
    public void ThrowFailure()
    {
        if (_failure is not { } failure)
            return;
        _failure = null;
        ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Gives the pending calls to the worker.</summary>
    public void StartWorker()
    {
        if (_pending.Count == 0)
            return;
        BackgroundCalls += _pending.Count;
        _worker.Start(CollectionsMarshal.AsSpan(_pending));
        _pending.Clear();
    }

    /// <summary>Waits for the worker; returns the calls that it could not make.</summary>
    public ReadOnlySpan<MapOperation> WaitForWorker()
    {
        if (!_worker.IsStarted)
            return [];
        var start = time.GetTimestamp();
        var refused = _worker.Wait();
        CriticalTime += time.GetElapsedTime(start);
        return refused;
    }

    public void Dispose() => _worker.Dispose();
}

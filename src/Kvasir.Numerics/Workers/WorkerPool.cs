using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Workers;

/// <summary>
/// A fixed team of threads that run one job at a time. The job is cut into a few parts a thread, and whoever is awake takes the next
/// part, so a thread that lost its processor to a neighbour holds up at most the part it is in. Which thread computes a part never
/// changes a bit. Idle threads spin for some tens of microseconds (the next operation of a step usually comes sooner), then park.
/// Nothing is allocated.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinRounds = 1000;
    private const int SpinsPerRound = 8;
    private const int PartsPerThread = 8;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _signal = new(0);
    private delegate*<void*, int, int, int, void> _execute;
    private void* _job;
    private int _items;
    private int _parts;

    /// <summary>The job's number in the upper half, its next part in the lower: a thread that comes late finds another number.</summary>
    private long _claim;
    private int _done;
    private int _parked;
    private volatile bool _stopping;
    private Exception? _error;

    /// <summary>Starts <paramref name="threads"/> - 1 threads; the caller of <see cref="Run"/> is worker 0.</summary>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"kvasir-worker-{worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs a job over <paramref name="items"/> items and returns when all are done. An exception of a part is thrown here, once every
    /// part has ended.
    /// </summary>
    public void Run<TJob>(ref TJob job, int items)
        where TJob : struct, IParallelJob
    {
        if (items <= 0)
            return;
        if (Threads == 1 || items == 1)
        {
            job.Execute(0, 0, items);
            return;
        }

        // Closes the last job's claims before its fields are overwritten: a late thread may still be looking at them.
        var number = (_claim >> 32) + 1;
        Interlocked.Exchange(ref _claim, (number << 32) | int.MaxValue);

        // The copy lives on this stack frame until all parts are done, so other threads may read it through a pointer.
        var local = job;
        _job = Unsafe.AsPointer(ref local);
        _execute = &Invoke<TJob>;
        _items = items;
        _parts = Math.Min(items, PartsPerThread * Threads);
        _error = null;
        _done = 0;
        Interlocked.Exchange(ref _claim, (number + 1) << 32);
        WakeParked();
        TakeParts(0, number + 1);
        WaitForOthers();
        if (_error is { } error)
            throw new AggregateException("a worker failed", error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        Interlocked.Add(ref _claim, 1L << 32);
        WakeParked();
        foreach (var thread in _threads)
            thread.Join();
        _signal.Dispose();
    }

    private static void Invoke<TJob>(void* job, int worker, int start, int end)
        where TJob : struct, IParallelJob => Unsafe.AsRef<TJob>(job).Execute(worker, start, end);

    private void WakeParked()
    {
        var parked = Interlocked.Exchange(ref _parked, 0);
        if (parked > 0)
            _signal.Release(parked);
    }

    private void TakeParts(int worker, long number)
    {
        while (true)
        {
            var claim = Volatile.Read(ref _claim);
            var part = (int)claim;
            var parts = Volatile.Read(ref _parts);
            if (claim >> 32 != number || part >= parts)
                return;
            if (Interlocked.CompareExchange(ref _claim, claim + 1, claim) != claim)
                continue;
            try
            {
                _execute(_job, worker, (int)((long)_items * part / parts), (int)((long)_items * (part + 1) / parts));
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref _error, exception, null);
            }

            Interlocked.Increment(ref _done);
        }
    }

    private void WaitForOthers()
    {
        // Spinning is right while the others have their processors; on a shared machine they may need ours.
        for (var round = 0; Volatile.Read(ref _done) < _parts; round++)
        {
            if (round < SpinRounds)
                Thread.SpinWait(SpinsPerRound);
            else
                Thread.Yield();
        }
    }

    private void Loop(int worker)
    {
        var seen = 0L;
        while (!_stopping)
        {
            seen = WaitForJob(seen);
            if (!_stopping)
                TakeParts(worker, seen);
        }
    }

    private long WaitForJob(long seen)
    {
        for (var round = 0; round < SpinRounds; round++)
        {
            if (Volatile.Read(ref _claim) >> 32 is var number && number != seen)
                return number;
            Thread.SpinWait(SpinsPerRound);
        }

        while (true)
        {
            // Announced before looking again, so that a job that starts in between releases the signal.
            Interlocked.Increment(ref _parked);
            if (Volatile.Read(ref _claim) >> 32 is var number && number != seen)
            {
                if (!TryLeaveParked())
                    _signal.Wait();
                return number;
            }

            _signal.Wait();
        }
    }

    /// <summary>Takes back an announcement; false when a starter has already counted it and released the signal for it.</summary>
    private bool TryLeaveParked()
    {
        while (true)
        {
            var parked = Volatile.Read(ref _parked);
            if (parked == 0)
                return false;
            if (Interlocked.CompareExchange(ref _parked, parked - 1, parked) == parked)
                return true;
        }
    }
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Workers;

/// <summary>
/// A fixed team of threads that run one job at a time, statically partitioned. The caller is worker 0. Idle workers spin for some tens
/// of microseconds (the next operation of a step usually comes sooner), then park. Nothing is allocated.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinRounds = 2000;
    private readonly Worker[] _workers;
    private delegate*<void*, int, int, int, void> _execute;
    private void* _job;
    private int _items;
    private int _parts;
    private int _running;
    private volatile bool _stopping;
    private Exception? _error;

    /// <summary>Starts <paramref name="threads"/> - 1 threads.</summary>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        _workers = new Worker[threads - 1];
        for (var i = 0; i < _workers.Length; i++)
        {
            var worker = new Worker(i + 1);
            _workers[i] = worker;
            worker.Thread = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"kvasir-worker-{worker.Index}" };
            worker.Thread.Start();
        }
    }

    /// <summary>Threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs a job over <paramref name="items"/> items and returns when all are done. Worker w gets items
    /// <c>[items * w / parts, items * (w + 1) / parts)</c>; at most one part an item. An exception of a worker is thrown here.
    /// </summary>
    public void Run<TJob>(ref TJob job, int items)
        where TJob : struct, IParallelJob
    {
        if (items <= 0)
            return;
        var parts = Math.Min(Threads, items);
        if (parts == 1)
        {
            job.Execute(0, 0, items);
            return;
        }

        // The copy lives on this stack frame until all workers are done, so they may read it through a pointer.
        var local = job;
        _job = Unsafe.AsPointer(ref local);
        _execute = &Invoke<TJob>;
        _items = items;
        _parts = parts;
        _error = null;
        Volatile.Write(ref _running, parts - 1);
        for (var i = 0; i < parts - 1; i++)
            _workers[i].Issue();
        try
        {
            local.Execute(0, 0, End(0));
        }
        finally
        {
            Join();
        }

        if (_error is { } error)
            throw new AggregateException("a worker failed", error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        foreach (var worker in _workers)
            worker.Issue();
        foreach (var worker in _workers)
            worker.Dispose();
    }

    private static void Invoke<TJob>(void* job, int worker, int start, int end)
        where TJob : struct, IParallelJob => Unsafe.AsRef<TJob>(job).Execute(worker, start, end);

    private int End(int part) => (int)((long)_items * (part + 1) / _parts);

    private void Join()
    {
        // Spinning is right while the workers have their processors; on a shared machine they may need ours.
        for (var round = 0; Volatile.Read(ref _running) > 0; round++)
        {
            if (round < SpinRounds)
                Thread.SpinWait(8);
            else
                Thread.Yield();
        }
    }

    private void Loop(Worker worker)
    {
        while (true)
        {
            worker.WaitForTicket(SpinRounds);
            if (_stopping)
                return;
            try
            {
                _execute(_job, worker.Index, End(worker.Index - 1), End(worker.Index));
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref _error, exception, null);
            }

            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>One thread and its place to wait. Only workers that have a part of a job get a ticket for it.</summary>
    private sealed class Worker(int index) : IDisposable
    {
        private readonly SemaphoreSlim _signal = new(0);
        private int _issued;
        private int _taken;
        private int _parked;

        public int Index { get; } = index;

        public Thread? Thread { get; set; }

        public void Issue()
        {
            Interlocked.Increment(ref _issued);
            if (Interlocked.CompareExchange(ref _parked, 0, 1) == 1)
                _signal.Release();
        }

        public void WaitForTicket(int spinRounds)
        {
            for (var round = 0; round < spinRounds; round++)
            {
                if (TryTake())
                    return;
                System.Threading.Thread.SpinWait(8);
            }

            while (true)
            {
                Interlocked.Exchange(ref _parked, 1);
                if (TryTake())
                {
                    // A ticket that came in between has left a signal, which must be taken.
                    if (Interlocked.CompareExchange(ref _parked, 0, 1) == 0)
                        _signal.Wait();
                    return;
                }

                _signal.Wait();
            }
        }

        public void Dispose()
        {
            Thread?.Join();
            _signal.Dispose();
        }

        private bool TryTake()
        {
            if (Volatile.Read(ref _issued) == _taken)
                return false;
            _taken++;
            return true;
        }
    }
}

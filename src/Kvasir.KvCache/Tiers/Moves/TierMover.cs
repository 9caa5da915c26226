namespace Kvasir.KvCache.Tiers.Moves;

/// <summary>
/// The threads that carry chunks between tiers and the pool: loads first, all threads at one load; stores when there is nothing to load,
/// one at a time, so that a slow medium never keeps a load waiting.
/// </summary>
/// <remarks>
/// While <see cref="IsBusy"/> says that others are computing, a thread takes no more than its share of a processor: after each read it
/// sleeps as long as the share demands for the processor time that the read took. Waiting for a medium costs nothing of it.
/// </remarks>
internal sealed class TierMover : IDisposable
{
    private const double MinSleepSeconds = 0.0005;
    private const double MaxSleepSeconds = 0.05;

    private readonly object _gate = new();
    private readonly Queue<TierLoad> _loads = new();
    private readonly Queue<Action> _stores = new();
    private readonly Thread[] _threads;
    private readonly TimeProvider _time;
    private readonly double _busyShare;
    private bool _storing;
    private bool _stopping;

    /// <param name="threads">Threads, at least one.</param>
    /// <param name="busyShare">Share of a processor that each may take while others are computing, above 0 and at most 1.</param>
    /// <param name="time">Source of time.</param>
    public TierMover(int threads, double busyShare, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (busyShare is not (> 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(busyShare), busyShare, "the share of a processor for moving is above 0 and at most 1");
        _time = time;
        _busyShare = busyShare / threads;
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"kvasir-mover-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>True while others are computing.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Stores that wait or are under way.</summary>
    public int PendingStores
    {
        get
        {
            lock (_gate)
                return _stores.Count + (_storing ? 1 : 0);
        }
    }

    /// <summary>Begins a load.</summary>
    public void Load(TierLoad load)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            load.Begin(_time.GetTimestamp());
            _loads.Enqueue(load);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Does a store some time.</summary>
    public void Store(Action store)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _stores.Enqueue(store);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until all stores are done, or for the time given; true when they are.</summary>
    public bool WaitForStores(TimeSpan most)
    {
        var begun = _time.GetTimestamp();
        lock (_gate)
        {
            while (_stores.Count > 0 || _storing)
            {
                var left = most - _time.GetElapsedTime(begun);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                    return _stores.Count == 0 && !_storing;
            }
        }

        return true;
    }

    /// <summary>Ends the threads after what they are at; loads are cancelled, stores that have not begun are dropped.</summary>
    public void Dispose()
    {
        TierLoad[] loads;
        lock (_gate)
        {
            _stopping = true;
            loads = [.. _loads];
            _loads.Clear();
            _stores.Clear();
            Monitor.PulseAll(_gate);
        }

        foreach (var load in loads)
            load.Cancel();
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Run()
    {
        var debt = 0.0;
        while (true)
        {
            TierLoad? load;
            Action? store = null;
            lock (_gate)
            {
                while (!_loads.TryPeek(out load) && !CanStore() && !_stopping)
                    Monitor.Wait(_gate);
                if (_stopping)
                    return;
                if (load is null)
                {
                    store = _stores.Dequeue();
                    _storing = true;
                }
            }

            var before = ThreadClock.Seconds;
            if (store is not null)
                Do(store);
            else if (!load!.TryMove(_time))
                Done(load);
            debt = IsBusy ? debt + ((ThreadClock.Seconds - before) * ((1 / _busyShare) - 1)) : 0;
            if (debt < MinSleepSeconds)
                continue;
            var sleep = Math.Min(debt, MaxSleepSeconds);
            Thread.Sleep(TimeSpan.FromSeconds(sleep));
            debt -= sleep;
        }
    }

    private bool CanStore() => _stores.Count > 0 && !_storing;

    private void Do(Action store)
    {
        try
        {
            store();
        }
        finally
        {
            lock (_gate)
            {
                _storing = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Done(TierLoad load)
    {
        lock (_gate)
        {
            if (_loads.TryPeek(out var first) && first == load)
                _loads.Dequeue();
        }
    }
}

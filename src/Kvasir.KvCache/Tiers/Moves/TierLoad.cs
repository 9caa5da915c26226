namespace Kvasir.KvCache.Tiers.Moves;

/// <summary>
/// Chunks on their way into the pool, run of layers by run of layers, so that a step may begin with the first layers while the last are
/// still coming. Made and awaited by the engine's thread, carried out by the mover's.
/// </summary>
internal sealed unsafe class TierLoad
{
    private readonly LoadPart[] _parts;
    private readonly ChunkGeometry _geometry;
    private readonly TimeSpan _mostWait;
    private readonly Action<TierLoad> _ended;
    private readonly object _gate = new();
    private readonly int[] _left;
    private readonly int _blocks;
    private readonly int _items;
    private long _movedBytes;
    private int _next;
    private int _inside;
    private int _ready;
    private bool _cancelled;
    private bool _hasEnded;

    /// <param name="parts">The chunks, in order; their pins are the load's from now on.</param>
    /// <param name="geometry">How they are cut.</param>
    /// <param name="mostWait">Longest time in which nothing comes while somebody waits for a layer.</param>
    /// <param name="ended">Called once, when no thread touches the destinations any more.</param>
    public TierLoad(IReadOnlyList<LoadPart> parts, ChunkGeometry geometry, TimeSpan mostWait, Action<TierLoad> ended)
    {
        _mostWait = mostWait;
        _parts = [.. parts];
        _geometry = geometry;
        _ended = ended;
        _blocks = parts.Sum(part => part.Destinations.Length);
        _items = _parts.Length + geometry.Records(_blocks);
        _left = new int[geometry.Groups];
        Array.Fill(_left, _blocks);
        _left[0] += _parts.Length;
        Bytes = geometry.Bytes(_blocks);
    }

    /// <summary>Bytes that it moves.</summary>
    public long Bytes { get; }

    /// <summary>Bytes moved so far.</summary>
    public long MovedBytes => Interlocked.Read(ref _movedBytes);

    /// <summary>The chunks.</summary>
    public IReadOnlyList<LoadPart> Parts => _parts;

    /// <summary>Why it failed, or null.</summary>
    public TierException? Error { get; private set; }

    /// <summary>The chunk whose reading failed, or null.</summary>
    public LoadPart? FailedPart { get; private set; }

    /// <summary>True when no thread of the mover touches the destinations any more: whole, failed or cancelled.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
                return _hasEnded;
        }
    }

    /// <summary>True when all rows are there.</summary>
    public bool IsWhole
    {
        get
        {
            lock (_gate)
                return _ready == _left.Length;
        }
    }

    /// <summary>Layers whose rows are there, from the first on.</summary>
    public int ReadyLayers
    {
        get
        {
            lock (_gate)
                return Math.Min(_ready * _geometry.LayersPerRecord, _geometry.Layout.Layers);
        }
    }

    /// <summary>When it was begun and when its last byte came, by the mover's clock.</summary>
    public (long Begun, long Ended) Timestamps { get; private set; }

    /// <summary>True when somebody waited for a layer longer than he was to.</summary>
    public bool HasTimedOut { get; private set; }

    /// <summary>Waits until a layer's rows are there; false when they will not come, or not in time: the load is given up then.</summary>
    public bool WaitLayer(int layer)
    {
        var group = layer / _geometry.LayersPerRecord;
        lock (_gate)
        {
            while (_ready <= group && Error is null && !_cancelled)
            {
                if (Monitor.Wait(_gate, _mostWait))
                    continue;
                HasTimedOut = true;
                _cancelled = true;
            }

            return _ready > group;
        }
    }

    /// <summary>Begins no further read. The destinations are in use until <see cref="HasEnded"/>.</summary>
    public void Cancel()
    {
        bool end;
        lock (_gate)
        {
            _cancelled = true;
            Monitor.PulseAll(_gate);
            end = TryEnd();
        }

        if (end)
            End();
    }

    /// <summary>Notes the time of the beginning.</summary>
    internal void Begin(long timestamp) => Timestamps = (timestamp, timestamp);

    /// <summary>Does one read; false when there is none left to begin.</summary>
    internal bool TryMove(TimeProvider time)
    {
        int item;
        lock (_gate)
        {
            if (_cancelled || Error is not null || _next == _items)
                return false;
            item = _next++;
            _inside++;
        }

        TierException? error = null;
        LoadPart? part = null;
        var group = 0;
        try
        {
            if (item < _parts.Length)
            {
                part = _parts[item];
                Check(part);
            }
            else
            {
                group = (item - _parts.Length) / _blocks;
                Read((item - _parts.Length) % _blocks, group, out part);
            }
        }
        catch (TierException exception)
        {
            error = exception;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            error = new TierException(TierFault.Unavailable, $"reading from the {part?.Tier.Name} tier failed: {exception.Message}", exception);
        }

        var end = false;
        lock (_gate)
        {
            _inside--;
            if (error is not null && Error is null)
                (Error, FailedPart) = (error, part);
            else if (error is null)
                _left[group]--;
            while (Error is null && _ready < _left.Length && _left[_ready] == 0)
                _ready++;
            if (_ready == _left.Length)
                Timestamps = (Timestamps.Begun, time.GetTimestamp());
            Monitor.PulseAll(_gate);
            end = TryEnd();
        }

        if (end)
            End();
        return true;
    }

    private static void Check(LoadPart part)
    {
        var chunk = part.Tier.Describe(part.Pin);
        if (chunk.Key != part.Pin.Key || chunk.Parent != part.Parent || chunk.FirstToken != part.FirstToken)
            throw new TierException(TierFault.Damaged, $"the object {part.Pin.Key} of the {part.Tier.Name} tier says that it stands elsewhere");
        if (!chunk.Tokens.Span.SequenceEqual(part.Tokens.Span))
            throw new TierException(TierFault.Damaged, $"the object {part.Pin.Key} of the {part.Tier.Name} tier was made of other tokens");
    }

    private void Read(int block, int group, out LoadPart part)
    {
        var at = 0;
        while (block >= _parts[at].Destinations.Length)
            block -= _parts[at++].Destinations.Length;
        part = _parts[at];
        var destination = (byte*)part.Destinations[block] + _geometry.GroupOffset(group, blocks: 1);
        part.Tier.Read(part.Pin, group, part.FirstBlock + block, destination);
        Interlocked.Add(ref _movedBytes, _geometry.RecordBytes(group));
    }

    /// <summary>Under the lock: true, once, when nothing is under way and nothing will begin.</summary>
    private bool TryEnd()
    {
        if (_hasEnded || _inside > 0 || (_next < _items && !_cancelled && Error is null))
            return false;
        _hasEnded = true;
        return true;
    }

    private void End()
    {
        foreach (var part in _parts)
            part.Pin.Dispose();
        _ended(this);
    }
}

using System.Collections.Concurrent;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Blending;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Chunks.Tiers;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Moves;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Tiers;

/// <summary>
/// Brings rows of sequences back from tiers and sends them there: decides whether loading is worth it, watches loads, has the loaded rows
/// verified, and swaps preempted sequences out. The engine's thread uses it.
/// </summary>
internal sealed class SequenceTiers : IDisposable
{
    /// <summary>A sequence whose loads fail so often computes its rows.</summary>
    private const int MaxFailures = 2;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhileLoading = TimeSpan.FromMilliseconds(2);

    private readonly BlockPool _pool;
    private readonly KvTiers _tiers;
    private readonly RunTiers _runs;
    private readonly TierOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<SequenceLoad> _ended = new();
    private readonly List<Sequence> _loading = [];
    private int _openMoves;

    private SequenceTiers(BlockPool pool, KvTiers tiers, TierOptions options, TimeProvider time)
    {
        _pool = pool;
        _tiers = tiers;
        _options = options;
        _time = time;
        _runs = new RunTiers(tiers, pool);
        Verifier = new LoadVerifier(pool, options.VerifyRows);
    }

    /// <summary>The tiers that an engine's options ask for; null when they ask for none.</summary>
    public static SequenceTiers? Open(LoadedModel model, BlockPool pool, EngineOptions options)
    {
        if (options.Tiers is not { } tiers)
            return null;
        if (options.KvMemory != KvMemory.Paged)
            throw new ArgumentException($"tiers move whole blocks of paged KV; with KvMemory {options.KvMemory} (--kv-memory) a block is not in one piece: leave one of the two out");

        // The verified rows and at least one of the sequence's own share a step.
        tiers = tiers with { VerifyRows = Math.Clamp(tiers.VerifyRows, 0, options.MaxBatchTokens - 1) };
        return new SequenceTiers(pool, TierFactory.Open(model, tiers, options.Time), tiers, options.Time);
    }

    /// <summary>Called, on any thread, when something has changed that the loop should look at.</summary>
    public Action? Wake { get; set; }

    public KvTiers Tiers => _tiers;

    /// <summary>Has some of the rows that were loaded computed again.</summary>
    public LoadVerifier Verifier { get; }

    public TierCounters Counters { get; } = new();

    /// <summary>Loaded rows that idle time is to verify.</summary>
    public ScrubQueue Unscrubbed { get; } = new();

    /// <summary>How fast rows are computed lately; loading must beat it.</summary>
    public RateEstimate ComputeRate { get; } = new(initial: 1000, window: 4096);

    /// <summary>How the tiers stand.</summary>
    public EngineTierStatus Status => new()
    {
        Tiers = [.. _tiers.Tiers.Select(tier => (tier.Name, tier.Status))],
        Loading = LoadingCount,
        Loads = Counters.Loads,
        LoadedTokens = Counters.LoadedTokens,
        LoadedBytes = Counters.LoadedBytes,
        Stalled = Counters.Stalled,
        ComputedInstead = Counters.ComputedInstead,
        FailedLoads = Counters.Failed,
        TimedOut = Counters.TimedOut,
        Damaged = Counters.Damaged,
        Forged = Counters.Forged,
        VerifiedRows = Counters.VerifiedRows,
        ScrubbedRows = Counters.ScrubbedRows,
        ScrubFaults = Counters.ScrubFaults,
        SwappedOut = Counters.SwappedOut,
        DroppedStores = _tiers.DroppedStores,
        Bypasses = _tiers.Bypasses,
        LastError = Counters.LastError,
    };

    /// <summary>Loads that a thread may still be at, given up ones included.</summary>
    public int OpenMoves => _openMoves;

    /// <summary>Sequences whose rows are on their way.</summary>
    public int LoadingCount
    {
        get
        {
            var count = 0;
            foreach (var sequence in _loading)
                count += sequence.Load is { Move.IsWhole: false } ? 1 : 0;
            return count;
        }
    }

    /// <summary>When the loop must look again at the latest; null when nothing is under way that could change anything.</summary>
    public TimeSpan? UntilNextDeadline
    {
        get
        {
            // Loads that were given up hold their blocks until their last read has ended, and somebody may wait for these blocks.
            if (_loading.Count == 0)
                return _openMoves > 0 ? LookAgain : null;
            // A step may begin before the last layer has come, and nobody tells when that is.
            var left = _loading.Min(sequence => sequence.Load!.Deadline) - _time.GetTimestamp();
            return TimeSpan.FromSeconds(Math.Clamp((double)left / _time.TimestampFrequency, 0, WhileLoading.TotalSeconds));
        }
    }

    /// <summary>
    /// What tiers have of a sequence behind the rows that the pool has, when loading it is quicker than computing it. Dispose it, or
    /// begin to load it.
    /// </summary>
    public TierHit? Find(Sequence sequence, int matched, int reusable)
    {
        if (sequence.LoadFailures >= MaxFailures)
            return null;
        var hit = PrefixSearch.Find(_tiers, Keys(sequence), sequence.KnownTokens, matched, reusable, sequence.SwappedBlocks, $"sequence {sequence.Arrival}");
        if (hit is null)
            return null;
        Counters.Lookups++;
        if (hit.Seconds <= (hit.End - matched) / ComputeRate.PerSecond)
            return hit;
        Counters.ComputedInstead++;
        hit.Dispose();
        return null;
    }

    /// <summary>Begins to load into a sequence's table, which has room for the rows.</summary>
    public void Begin(Sequence sequence, TierHit hit, UniformTable table)
    {
        var rows = _pool.Layout.BlockRows;
        var blocks = new List<BlockId>();
        var at = hit.Start / rows;
        var last = (hit.End + rows - 1) / rows;
        foreach (var part in hit.Parts)
        {
            // The last chunk may reach behind the rows that are wanted.
            if (part.Destinations.Length > last - at)
                part.Destinations = new nint[last - at];
            for (var i = 0; i < part.Destinations.Length; i++, at++)
            {
                var block = table.Blocks[at];
                _pool.AddReference(block);
                blocks.Add(block);
                unsafe
                {
                    part.Destinations[i] = (nint)_pool.Address(block);
                }
            }
        }

        Start(sequence, hit, blocks, runs: null);
    }

    /// <summary>What a tier has of a chunk, when loading it is quicker than computing it. Dispose it, or begin to load it.</summary>
    public RunHit? FindRun(Sequence sequence, BlockKey key, ReadOnlySpan<int> tokens)
    {
        if (sequence.LoadFailures >= MaxFailures || tokens.Length < _tiers.MinLoadTokens)
            return null;
        var hit = _runs.Find(sequence.Scope, key, tokens, $"sequence {sequence.Arrival}");
        if (hit is null)
            return null;
        Counters.Lookups++;
        if (hit.Seconds <= tokens.Length / ComputeRate.PerSecond)
            return hit;
        Counters.ComputedInstead++;
        hit.Dispose();
        return null;
    }

    /// <summary>Keeps a chunk that was computed.</summary>
    public void OfferRun(KvRun run) => _runs.Offer(run);

    /// <summary>Begins to load chunks into the blocks that were taken for them.</summary>
    public void BeginRuns(Sequence sequence, IReadOnlyList<LoadingRun> runs)
    {
        var blocks = new List<BlockId>();
        var parts = new List<LoadPart>();
        foreach (var (run, hit) in runs)
        {
            parts.AddRange(hit.Parts);
            foreach (var block in run.Blocks)
            {
                _pool.AddReference(block);
                blocks.Add(block);
            }
        }

        Start(sequence, new TierHit(parts, 0, 0, runs.Sum(run => run.Hit.Seconds)), blocks, runs);
    }

    private void Start(Sequence sequence, TierHit hit, List<BlockId> blocks, IReadOnlyList<LoadingRun>? runs)
    {
        SequenceLoad? load = null;
        _openMoves++;
        var move = _tiers.Load(hit, () =>
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref load) is not null); // the move may end before the next line has run
            _ended.Enqueue(load!);
            Wake?.Invoke();
        });
        Volatile.Write(ref load, new SequenceLoad
        {
            Move = move,
            Blocks = [.. blocks],
            Start = hit.Start,
            End = hit.End,
            Runs = runs,
            Keys = [.. hit.Parts.Select(part => part.Pin.Key)],
            Deadline = _time.GetTimestamp() + (long)(_tiers.LoadTimeout.TotalSeconds * _time.TimestampFrequency),
        });
        sequence.Load = load;
        _loading.Add(sequence);
    }

    /// <summary>Looks at what has ended; hands out the sequences whose loads failed or took too long.</summary>
    public void Poll(Action<Sequence> failed)
    {
        Drain();
        for (var i = _loading.Count - 1; i >= 0; i--)
        {
            var sequence = _loading[i];
            var move = sequence.Load!.Move;
            if (move.IsWhole)
            {
                continue;
            }

            if (move.Error is not null)
            {
                failed(sequence);
            }
            else if (_time.GetTimestamp() > sequence.Load.Deadline)
            {
                Counters.TimedOut++;
                _tiers.TimedOut(move);
                failed(sequence);
            }
        }
    }

    /// <summary>
    /// True when a sequence's step may begin: its rows are there, or those of as many layers as <see cref="TierOptions.Preload"/> wants, so that
    /// the others come while it computes.
    /// </summary>
    /// <param name="load">Its load.</param>
    /// <param name="rows">Rows of the step.</param>
    /// <param name="layers">Layers that they pass; null for all.</param>
    /// <param name="alone">True when no other sequence runs.</param>
    public bool MayStart(SequenceLoad load, int rows, int? layers, bool alone)
    {
        var move = load.Move;
        if (move.IsWhole)
            return true;
        var ready = move.ReadyLayers;
        if (move.Error is not null || ready == 0)
            return false;
        if (alone && _options.Preload == PreloadDepth.FirstLayersWhenAlone)
            return true;
        var all = _pool.Layout.Layers;
        var elapsed = _time.GetElapsedTime(move.Timestamps.Begun).TotalSeconds;
        return ready >= LoadingController.PreloadLayers(
            layers ?? all, computeSeconds: rows / ComputeRate.PerSecond / all, loadSeconds: elapsed * move.Bytes / move.MovedBytes / all);
    }

    /// <summary>After the first step behind a load: true when its rows are what the model computes.</summary>
    public bool Verify(Sequence sequence)
    {
        var load = sequence.Load!;
        if (load is { Runs: not null, Move: { Error: null, IsWhole: false, HasTimedOut: false } })
            return true; // the layers that the step passed were there
        if (load.Move.Error is not null || !load.Move.IsWhole)
            return false;
        if (load.Runs is { } runs)
        {
            Counters.Loads++;
            Counters.LoadedTokens += runs.Sum(run => run.Run.Length);
            Counters.LoadedBytes += load.Move.Bytes;
            Settle(sequence);
            return true;
        }

        var wrong = -1;
        foreach (var verification in load.Verifications)
        {
            wrong = wrong < 0 ? verification.FirstDifference() : wrong;
            Counters.VerifiedRows += verification.Positions.Length;
        }

        if (wrong < 0)
        {
            Counters.Loads++;
            Counters.LoadedTokens += load.End - load.Start;
            Counters.LoadedBytes += load.Move.Bytes;
            SwappedIn(sequence);
            if (_options.Scrub && sequence.Adapter is null)
                Unscrubbed.Add(sequence.Scope, sequence.Tokens[..load.End].ToArray(), load.Start, load.Keys);
            Settle(sequence);
            return true;
        }

        // Which object lied is not known: a row depends on all before it.
        Counters.Forged++;
        Counters.LastError = $"row {wrong} of a load is not what the model computes from the rows before it";
        _tiers.Distrust(load.Move, load.Keys);
        return false;
    }

    /// <summary>Notes that a sequence's load came to nothing: what was damaged is removed, the rows will be computed.</summary>
    public void Fail(Sequence sequence)
    {
        sequence.LoadFailures++;
        Counters.Failed++;
        if (sequence.Load!.Move.HasTimedOut)
        {
            Counters.TimedOut++;
            _tiers.TimedOut(sequence.Load.Move);
        }

        if (sequence.Load.Move.Error is not { } error)
            return;
        Counters.LastError = error.Message;
        if (error.Fault == TierFault.Damaged)
            Counters.Damaged++;
        if (error.Fault is TierFault.Damaged or TierFault.Forged)
            _tiers.Remove(sequence.Load.Move.FailedPart!.Pin.Key);
    }

    /// <summary>Ends a sequence's load, whatever it is at. Its blocks stay until nobody writes to them.</summary>
    public void Settle(Sequence sequence)
    {
        if (sequence.Load is not { } load)
            return;
        load.Move.Cancel();
        Verifier.End(load);
        sequence.Load = null;
        _loading.Remove(sequence);
    }

    /// <summary>Keeps the chunks of a sequence that are complete.</summary>
    public void Offer(Sequence sequence, int rows, UniformTable table)
    {
        var seen = sequence.OfferedChunks;
        if ((seen + 1) * _tiers.ChunkTokens > rows)
            return;
        sequence.StoredChunks |= _tiers.Offer(Keys(sequence), sequence.Tokens[..rows], sequence.PromptLength, ref seen, AddressOf(table));
        sequence.OfferedChunks = seen;
    }

    /// <summary>A sequence has ended: its chunks were used to its end, the first ones too.</summary>
    public void Ended(Sequence sequence, int rows)
    {
        if (!sequence.StoredChunks)
            return;
        sequence.StoredChunks = false;
        _tiers.Renew(Keys(sequence), sequence.KnownTokens[..rows]);
    }

    /// <summary>Keeps all full blocks of a sequence that is being preempted, when loading them will be quicker than computing them.</summary>
    public void SwapOut(Sequence sequence, int rows, UniformTable table)
    {
        var blocks = rows / _pool.Layout.BlockRows;
        if (blocks == 0 || _tiers.SwapSeconds(blocks * _pool.Layout.BlockBytes) > rows / ComputeRate.PerSecond)
            return;
        var seen = sequence.OfferedChunks;
        if (_tiers.SwapOut(Keys(sequence), sequence.Tokens[..rows], sequence.PromptLength, ref seen, AddressOf(table)))
        {
            sequence.SwappedBlocks = blocks;
            Counters.SwappedOut++;
        }

        sequence.OfferedChunks = seen;
    }

    /// <summary>The object of a swapped sequence's last blocks is needed no more, and was never of use to others.</summary>
    public void SwappedIn(Sequence sequence)
    {
        if (sequence.SwappedBlocks * _pool.Layout.BlockRows % _tiers.ChunkTokens != 0)
            _tiers.Remove(Keys(sequence).At(sequence.SwappedBlocks, sequence.Tokens));
        sequence.SwappedBlocks = 0;
    }

    public void Dispose()
    {
        _tiers.Dispose(); // its threads have ended then, so every move has
        Drain();
        if (_openMoves > 0)
            throw new InvalidOperationException($"{_openMoves} loads never ended");
        Verifier.Dispose();
    }

    private KeyChain Keys(Sequence sequence) => sequence.Keys ??= new KeyChain(sequence.Scope, _pool.Layout.BlockRows);

    private void Drain()
    {
        while (_ended.TryDequeue(out var load))
        {
            _openMoves--;
            foreach (var block in load.Blocks)
                _pool.Release(block);
        }
    }

    private Func<int, nint> AddressOf(UniformTable table) => block =>
    {
        unsafe
        {
            return (nint)_pool.Address(table.Blocks[block]);
        }
    };
}

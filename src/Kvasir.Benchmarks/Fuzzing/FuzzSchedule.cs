using Kvasir.Engine;
using Kvasir.Engine.Adapters;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>One schedule: an engine with a random set-up, driven step by step while requests come, fork, are cancelled and preempted.</summary>
internal sealed class FuzzSchedule : IDisposable
{
    private const int MaxSteps = 20_000;

    private static readonly TimeSpan LongestMove = TimeSpan.FromMinutes(1);

    private readonly Random _random;
    private readonly LoadedModel _model;
    private readonly ScheduleSetup _setup;
    private readonly BlockPool _pool;
    private readonly EngineLoop _loop;
    private readonly AdapterSet _adapters;
    private readonly IReadOnlyList<string> _adapterPaths;
    private readonly FuzzRequests _requests;
    private readonly FuzzTally _tally;
    private readonly string _name;
    private readonly Dictionary<Sequence, SequenceRecord> _records = [];
    private readonly List<Sequence[]> _submitted = [];
    private readonly HashSet<Sequence> _loaded = [];
    private readonly AutoResetEvent _moved = new(false);
    private long _arrivals;

    public FuzzSchedule(
        string name, string modelPath, IReadOnlyList<string> adapterPaths, ScheduleSetup setup, int maxTokens, Random random, FuzzTally tally)
    {
        _name = name;
        _random = random;
        _setup = setup;
        _tally = tally;
        _model = LoadedModel.Open(modelPath, setup.Options);
        _pool = new BlockPool(
            _model.Layout,
            KvasirEngine.PoolOptions(_model, setup.Options) with { BudgetBytes = null, CapacityBlocks = setup.CapacityBlocks });
        _loop = new EngineLoop(_model, _pool, setup.Options)
        {
            Observer = (sequence, logits) => Record(sequence).AddLogits(sequence.Length - 1, logits),
            BeforeRelease = KeepRows,
        };
        if (_loop.Tiers is { } tiers)
        {
            tiers.Wake = () => _moved.Set();
            if (random.Next(4) > 0)
                tiers.ComputeRate.Add(1e9, 1e9); // loading is always quicker
        }

        _adapters = new AdapterSet(_model);
        _adapterPaths = adapterPaths;
        for (var i = 0; i < adapterPaths.Count; i++)
            _adapters.Load(AdapterName(i), adapterPaths[i], 1);
        _requests = new FuzzRequests(random, _model.Config.VocabSize, maxTokens, blends: setup.Options.KvMemory == KvMemory.Paged && _model.Config.WhyRowsStay() is null, Compression(maxTokens), Reading()) { ReadsOften = setup.Combines };
    }

    /// <summary>The planted fault: requests that differ in their adapter only share KV.</summary>
    public bool IgnoresAdapterInScope { get; init; }

    /// <summary>What was seen of every sequence.</summary>
    public IEnumerable<SequenceRecord> Records => _records.Values;

    /// <summary>Runs everything to its end and counts leaks.</summary>
    public void Run()
    {
        var left = _random.Next(2, 14);
        var steps = 0;
        while (left > 0 || !_loop.IsIdle)
        {
            while (left > 0 && (_loop.IsIdle || _random.Next(3) == 0))
            {
                Submit(_requests.Next([.. _adapters.Infos.Select(adapter => adapter.Name)]));
                left--;
            }

            Disturb();
            if (!_loop.IsIdle && !_loop.Step() && !AwaitMove())
            {
                Fault($"no sequence can run although {_loop.WaitingCount} wait: of {_pool.Capacity} blocks {_pool.AvailableBlocks} are free, {_loop.Index.IdleBlocks} of {_loop.Index.CachedBlocks} cached ones idle, {_loop.Chunks.HeldBlocks} held by chunks");
                break;
            }

            _loaded.UnionWith(_submitted.SelectMany(request => request).Where(sequence => sequence.Load is not null));
            if (++steps % 16 == 0)
                CheckIntegrity();
            if (steps > MaxSteps)
            {
                Fault($"not finished after {MaxSteps} steps");
                break;
            }
        }

        foreach (var sequence in _submitted.SelectMany(request => request))
            KvPairs.Count(sequence, _model.Layout, _loaded.Contains(sequence), _tally.Pairs);
        var status = _loop.Status;
        _tally.Steps += status.Steps;
        _tally.ReusedRows += status.ReusedTokens;
        _tally.Preemptions += status.Preemptions;
        _tally.BlendedRows += status.Chunks.BlendedTokens;
        SettleTiers();
        CheckIntegrity();
        foreach (var adapter in _adapters.Infos.Where(adapter => adapter.Sequences != 0))
            Fault($"{adapter.Name} is in use by {adapter.Sequences} sequences after all have ended");
        if (_adapters.Bytes != _adapters.Infos.Sum(adapter => adapter.Bytes))
            Fault("the memory of an unloaded adapter is not free after all sequences have ended");
        _loop.Chunks.Clear();
        _loop.Index.Clear();
        _tally.LeakedBlocks += _pool.UsedBlocks + _pool.ReservedBlocks;
        CheckIntegrity();
    }

    public void Dispose()
    {
        _loop.Dispose();
        _moved.Dispose();
        _adapters.Dispose();
        _pool.Dispose();
        _model.Dispose();
    }

    /// <summary>Smaller caches, where the set-up allows them: a step must hold a window, and the pool a prompt and what is kept of it.</summary>
    private RandomCompression? Compression(int maxTokens)
    {
        const int LongestWindow = 64;
        var options = _setup.Options;
        var blocks = (maxTokens / options.BlockRows) + 2;
        var fits = options.MaxBatchTokens - options.MaxSequences >= LongestWindow && _setup.CapacityBlocks >= (2 * blocks) + 2;
        return fits && CompressionLimits.WhyNot(_model.Config, options.KvMemory) is null ? new RandomCompression(_random, _model.Config, _model.Layout) : null;
    }

    private RandomReading? Reading() => _model.Config is { Recurrent: null, Latent: null }
        ? new RandomReading(_random, _setup.Options.MaxBatchTokens - _setup.Options.MaxSequences)
        : null;

    private void Submit(GenerationRequest request)
    {
        var adapter = request.Adapter is { } name ? _adapters.Acquire(name, request.Choices) : null;
        _tally.AdapterRequests += adapter is null ? 0 : 1;
        var scope = _model.Scope(request, IgnoresAdapterInScope ? null : adapter);
        var sequences = new Sequence[request.Choices];
        for (var i = 0; i < sequences.Length; i++)
        {
            sequences[i] = new Sequence(
                request, scope, i, request.MaxTokens!.Value, new TokenStream(request.MaxTokens.Value, request.TopLogprobs), _arrivals++, 0)
            {
                Adapter = adapter,
            };
        }

        if (sequences.Length > 1)
        {
            sequences[0].Forks = [.. sequences[1..]];
            _tally.Forks += sequences.Length - 1;
        }

        _submitted.Add(sequences);
        _loop.Submit(sequences[0]);
    }

    private void Disturb()
    {
        if (_random.Next(40) == 0 && _submitted.Count > 0)
        {
            var request = _submitted[_random.Next(_submitted.Count)];
            var victims = request.Where(sequence => sequence.Status != SequenceStatus.Finished && _random.Next(2) == 0).ToArray();
            _tally.Cancellations += victims.Length;
            _loop.Cancel(victims);
        }

        if (_random.Next(25) == 0 && _loop.Running.Count > 0)
            _loop.Preempt(_loop.Running[_random.Next(_loop.Running.Count)]);
        if (_random.Next(60) == 0)
            _loop.Index.Evict(_random.Next(1, 5));
        if (_random.Next(60) == 0)
            _loop.Chunks.Evict(_random.Next(1, 5));
        if (_loop.Tiers is { } tiers && _random.Next(_setup.Combines ? 4 : 30) == 0)
        {
            // What the pool loses the tiers have: those who ask for it next must load it.
            tiers.Tiers.WaitForStores(LongestMove);
            _loop.Chunks.Clear();
            _loop.Index.Clear();
        }

        if (_adapterPaths.Count > 0 && _random.Next(50) == 0)
            ReloadAdapter(AdapterName(_random.Next(_adapterPaths.Count)));
    }

    /// <summary>Gives an adapter's name to any of the files, while sequences go on with the old one.</summary>
    private void ReloadAdapter(string name)
    {
        _ = _adapters.UnloadAsync(name);
        _adapters.Load(name, _adapterPaths[_random.Next(_adapterPaths.Count)], 1);
    }

    private void KeepRows(Sequence sequence)
    {
        if (sequence.Table is not { } table || sequence.Blend is { IsProbing: true })
            return;
        var rows = Math.Min(sequence.Load?.Start ?? sequence.ComputedLength, table.Length);
        if (sequence.Request is { Compression: null, Reading: null })
            Record(sequence).AddKeysValues(table, rows, _model.Layout);
        if (sequence.Length > 1)
            _requests.Remember(sequence.Tokens);
    }

    private SequenceRecord Record(Sequence sequence)
    {
        if (!_records.TryGetValue(sequence, out var record))
            _records.Add(sequence, record = new SequenceRecord(sequence, _model.Config.Layers));
        return record;
    }

    /// <summary>Waits for a load when that is what the sequences wait for.</summary>
    private bool AwaitMove() => _loop.UntilNextDeadline is not null && _moved.WaitOne(LongestMove);

    /// <summary>Lets the tiers finish what they are at, and looks for what they hold too long.</summary>
    private void SettleTiers()
    {
        if (_loop.Tiers is not { } tiers)
            return;
        tiers.Tiers.WaitForStores(LongestMove);
        while (tiers.OpenMoves > 0 && _moved.WaitOne(LongestMove))
            tiers.Poll(_ => { });
        tiers.Poll(_ => { });
        while (_loop.Scrub())
        {
        }

        _tally.LoadedRows += tiers.Counters.LoadedTokens;
        if (tiers.OpenMoves > 0 || tiers.Tiers.Tiers.Sum(tier => tier.Status.Pins) > 0)
            Fault($"{tiers.OpenMoves} loads and {tiers.Tiers.Tiers.Sum(tier => tier.Status.Pins)} pins are left after all sequences have ended");
        if (_setup.IsHonest && tiers.Counters.Forged + tiers.Counters.Damaged + tiers.Counters.ScrubFaults > 0)
            Fault($"true rows were taken for false ones: {tiers.Counters.LastError}");
    }

    private void CheckIntegrity()
    {
        try
        {
            _pool.CheckIntegrity();
            _loop.Index.CheckIntegrity();
            _loop.Chunks.CheckIntegrity();
        }
        catch (InvalidOperationException exception)
        {
            Fault(exception.Message);
        }
    }

    private static string AdapterName(int index) => $"adapter {index}";

    private void Fault(string what) => _tally.Mismatch($"{_name} ({_setup.Options.InstructionSet}, {_setup.Options.Threads} threads): {what}");
}

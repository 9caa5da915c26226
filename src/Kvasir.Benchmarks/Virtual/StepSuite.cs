using Kvasir.Engine;
using Kvasir.KvCache.Virtual;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>Whole steps of a model: equal bits, what mapping costs a step, and speed beside paged KV.</summary>
internal sealed class StepSuite : IDisposable
{
    private const int Slots = 16;
    private const int GroupBytes = 64 << 10;

    private readonly string _model;
    private readonly bool _quick;
    private readonly ModelFile _file;
    private readonly int _context;

    public StepSuite(string model, bool quick)
    {
        _model = model;
        _quick = quick;
        _file = ModelFile.Open(model);
        _context = Math.Min(quick ? 1024 : 2048, _file.Config.MaxContext);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Sequences that come one after another and grow over many groups: logits beside those of paged KV.</summary>
    public void Bits(Action<VirtualCheck> report)
    {
        var paged = Logits(KvMemory.Paged);
        foreach (var memory in new[] { KvMemory.ContiguousPrivate, KvMemory.ContiguousShared })
        {
            var contiguous = Logits(memory);
            var differ = paged.Count(row => !contiguous.TryGetValue(row.Key, out var bits) || !row.Value.AsSpan().SequenceEqual(bits));
            report(new($"bits: {KvMemoryNames.Of(memory)}, logits rows that differ from paged", differ, $"of {paged.Count} rows", 0, Wanted: 0, AtMost: true));
        }
    }

    /// <summary>Time that the model waits for mapping, with the worker and without.</summary>
    public void Mapping(Action<VirtualCheck> report)
    {
        var worst = 0.0;
        var without = 0.0;
        foreach (var memory in new[] { KvMemory.ContiguousPrivate, KvMemory.ContiguousShared })
        {
            foreach (var deferred in new[] { true, false })
            {
                var kept = deferred ? "memory kept" : "memory given back";
                var background = Fractions(memory, background: true, deferred);
                var synchronous = Fractions(memory, background: false, deferred);
                var name = $"mapping, {KvMemoryNames.Of(memory)}, 64 KiB groups, {kept}";
                report(new($"{name}: share of step time, worker against none, from the first step", background.Whole, "of the step", synchronous.Whole));
                report(new($"{name}: share of step time, worker against none, steady", background.Steady, "of the step", synchronous.Steady));
                if (!deferred)
                    continue;
                worst = Math.Max(worst, background.Whole);
                without = Math.Max(without, synchronous.Whole);
            }
        }

        report(new("virtual.criticalPathMapFraction", worst, "of the step", without, Wanted: 0.01, AtMost: true));
    }

    /// <summary>Prefill and decode of one sequence, in turns: sums of every step's best time.</summary>
    public void Speed(Action<VirtualCheck> report)
    {
        var memories = Enum.GetValues<KvMemory>();
        var runs = memories.Select(memory => new StepRun(_model, Options(memory), Budget(4 * _context))).ToArray();
        var answer = _quick ? 32 : 64;
        var best = memories.Select(_ => new List<double>()).ToArray();
        var prefillSteps = 0;
        try
        {
            for (var round = 0; round <= (_quick ? 4 : 8); round++)
            {
                for (var i = 0; i < runs.Length; i++)
                    prefillSteps = Once(runs[i], _context - answer - 1, answer, best[i]);
            }
        }
        finally
        {
            foreach (var run in runs)
                run.Dispose();
        }

        for (var i = 1; i < memories.Length; i++)
        {
            var name = KvMemoryNames.Of(memories[i]);
            var prefill = best[0].Take(prefillSteps).Sum() / best[i].Take(prefillSteps).Sum();
            var decode = best[0].Skip(prefillSteps).Sum() / best[i].Skip(prefillSteps).Sum();
            report(new($"speed: prefill of {_context} rows, {name} against paged", prefill, "x faster", 1));
            report(new($"speed: decode at {_context} rows, {name} against paged", decode, "x faster", 1));
        }
    }

    /// <summary>Runs a request; keeps the best time of each of its steps and returns those of its prompt.</summary>
    private static int Once(StepRun run, int prompt, int answer, List<double> best)
    {
        var sequence = run.Submit(prompt, answer, seed: 1);
        var prefillSteps = 0;
        for (var step = 0; !run.IsIdle; step++)
        {
            var before = run.Time;
            prefillSteps += sequence.Length == prompt ? 1 : 0;
            run.Step();
            var seconds = (run.Time - before).TotalSeconds;
            if (step == best.Count)
                best.Add(seconds);
            best[step] = Math.Min(best[step], seconds);
        }

        return prefillSteps;
    }

    private Dictionary<(long, int), byte[]> Logits(KvMemory memory)
    {
        using var run = new StepRun(_model, Options(memory) with { BlockRows = 16 }, Budget(Slots * 256));
        var seen = new Dictionary<(long, int), byte[]>();
        run.Observer = (arrival, length, bits) => seen[(arrival, length)] = bits;
        for (var i = 0; i < 10; i++)
        {
            run.Submit(20 + (37 * i % 150), 24, seed: i);
            run.Step();
        }

        while (!run.IsIdle)
            run.Step();
        return seen;
    }

    /// <summary>
    /// Sixteen slots, mostly decoding: sequences of random lengths come and go. A range a layer, groups of 64 KiB, so that every growth needs as
    /// many calls as the model has layers.
    /// </summary>
    private (double Whole, double Steady) Fractions(KvMemory memory, bool background, bool deferred)
    {
        var config = _file.Config;
        var rowBytes = new KvLayout(1, config.KvHeads, config.HeadDim, KvDataType.F16).BytesPerToken;
        var groupRows = Math.Max(KvLayout.RowGroup, (int)(GroupBytes / rowBytes) / KvLayout.RowGroup * KvLayout.RowGroup);
        var options = Options(memory) with { BlockRows = groupRows, KvSliced = false, MaxSequences = Slots };
        using var run = new StepRun(
            _model, options, Budget(Slots * 512), change => change with { Background = background, DeferredReclamation = deferred });
        var random = new Random(23);
        var steps = _quick ? 400 : 1200;
        var (warmTime, warmMapping) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var step = 0; step < steps; step++)
        {
            if (run.Running < Slots && random.Next(8) == 0)
                run.Submit(random.Next(16, 192), random.Next(32, 256));
            if (run.IsIdle)
                run.Submit(64, 64);
            run.Step();
            if (step == steps / 4)
                (warmTime, warmMapping) = (run.Time, run.Status.CriticalTime);
        }

        var mapping = run.Status.CriticalTime;
        return (mapping / run.Time, (mapping - warmMapping) / (run.Time - warmTime));
    }

    private EngineOptions Options(KvMemory memory) => new()
    {
        KvMemory = memory,
        MaxContext = _context,
        MaxSequences = Slots,
        PrefixCache = false,
    };

    private long Budget(int rows)
    {
        var config = _file.Config;
        return (long)(rows * new KvLayout(config.Layers, config.KvHeads, config.HeadDim, KvDataType.F16).BytesPerToken);
    }
}

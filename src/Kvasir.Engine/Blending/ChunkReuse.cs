using System.IO.Hashing;
using System.Runtime.InteropServices;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Blending;

/// <summary>Finds what earlier prompts have computed of the parts of a new one, and keeps what this one computes.</summary>
/// <param name="model">The model.</param>
/// <param name="pool">Where rows lie.</param>
/// <param name="index">The chunks.</param>
/// <param name="audit">Says which policies are switched off.</param>
/// <param name="tiers">Where chunks lie that the pool has no more; null when there are none.</param>
/// <param name="maxTogether">Most rows of one sequence that a step can be relied on to have room for.</param>
internal sealed class ChunkReuse(LoadedModel model, BlockPool pool, ChunkIndex index, ReuseAudit audit, SequenceTiers? tiers, int maxTogether)
{
    private long _blended;
    private long _repaired;
    private long _prompts;

    public ChunkIndex Index => index;

    /// <summary>How the chunks stand.</summary>
    public ChunkStatus Status => new(index.Runs, index.HeldBlocks, index.Lookups, index.Hits, index.Evictions, _prompts, _blended, _repaired);

    /// <summary>
    /// Makes the session of a sequence that is being admitted. When it reuses chunks it has a table, empty so far; otherwise the caller makes a
    /// plain one.
    /// </summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="exact">Tokens of the exact prefix that was found.</param>
    /// <param name="reuse">False to reuse nothing, and only take down and keep what is computed.</param>
    public BlendSession Prepare(Sequence sequence, int exact, bool reuse)
    {
        var request = sequence.Request.Blending!;
        var segments = SegmentsOf(sequence);
        var loads = new List<LoadingRun>();
        var hits = !reuse || audit.IsSwitchedOff(sequence.Scope.Tenant, request.Policy.Name) ? [] : sequence.Held is { Hits.Count: > 0 } held ? [.. held.Hits] : Find(sequence, request, segments, exact, loads);
        var shape = new BlendShape(
            model.Config.Layers, model.Config.QueryHeads, model.Config.CacheHeads, model.Config.CacheHeads * model.Config.CacheHeadDim, sequence.PromptLength, sequence.Length, exact);
        var recorder = request.Store && request.Policy.Signals.HasFlag(BlendSignals.Context)
            ? new ContextRecorder(segments, model.Config.Layers, segment => segment.Start >= exact && !hits.Exists(hit => hit.Start < segment.End && hit.End > segment.Start))
            : null;
        if (hits.Count == 0)
        {
            loads.ForEach(Abandon);
            return new BlendSession(request, request.Policy, segments, shape, table: null, [], recorder);
        }

        var policy = request.MoreWhileLoading && loads.Count > 0 ? request.Policy.AtLeast(FreeRatio(loads, request.Policy, hits.Sum(hit => hit.Length), shape)) : request.Policy;
        var spans = Spans(hits, segments);
        for (var i = 0; i < hits.Count; i++)
            index.Used(hits[i].Run, request.Policy.ReuseValue(spans[i]));
        return new BlendSession(request, policy, segments, shape, new BlendTable(pool, model.Rope, hits, policy.CorrectsPositions), spans, recorder)
        {
            Loads = loads,
        };
    }

    /// <summary>Chunks that were loaded for a sequence are there for others.</summary>
    public void Keep(BlendSession blend)
    {
        foreach (var (run, _) in blend.Loads)
            index.Add(run.Scope, run.Tokens.Span, run.BasePosition, run.Blocks, run.FirstSlot, run.Context);
        LetGo(blend);
    }

    /// <summary>A sequence lets go of the chunks that were to be loaded for it, whatever came of them.</summary>
    public void LetGo(BlendSession blend)
    {
        if (blend.HasLetGo)
            return;
        blend.HasLetGo = true;
        foreach (var (run, _) in blend.Loads)
            Release(run);
    }

    /// <summary>A chunk is not loaded after all.</summary>
    public void Abandon(LoadingRun load)
    {
        load.Hit.Dispose();
        Release(load.Run);
    }

    /// <summary>Rows of a waiting sequence behind its exact prefix that need not be computed, about.</summary>
    public int Spared(Sequence sequence, int exact)
    {
        if (sequence.Request.Blending is not { } request)
            return 0;
        var segments = SegmentsOf(sequence);
        var rows = 0;
        for (var i = 0; i < segments.Items.Count; i++)
        {
            var segment = segments.Items[i];
            if (segment.IsPart && segment.Start >= exact && index.Contains(sequence.Scope, segments.Keys[i]))
                rows += segment.Length;
        }

        return rows - request.Policy.MostRepairs(rows);
    }

    /// <summary>Keeps the parts of a sequence's prompt that it has computed, or shares exactly.</summary>
    public void Store(Sequence sequence)
    {
        var blend = sequence.Blend!;
        Count(sequence.BlendReport!);
        if (!blend.Request.Store)
            return;
        var segments = blend.Segments.Items;
        for (var i = 0; i < segments.Count; i++)
        {
            if (segments[i].IsPart && segments[i].End <= sequence.PromptLength)
                Store(sequence, segments[i].Start, segments[i].Length, blend.Recorder?.Of(i));
        }

        if (!blend.Request.Fragments)
            return;
        var start = 0;
        foreach (var hit in blend.Table?.Hits ?? [])
        {
            Store(sequence, start, hit.Start - start, context: null);
            start = hit.End;
        }

        Store(sequence, start, sequence.PromptLength - start, context: null);
    }

    /// <summary>A number that depends on the prompt only.</summary>
    public static ulong Seed(Sequence sequence) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(sequence.Tokens[..sequence.PromptLength]));

    private static PromptSegments SegmentsOf(Sequence sequence) =>
        sequence.Segments ??= PromptSegments.Cut(sequence.Scope, sequence.Tokens[..sequence.PromptLength], sequence.Request.Blending!.Parts);

    private void Count(BlendStatistics report)
    {
        _prompts += report.BlendedTokens > 0 ? 1 : 0;
        _blended += report.BlendedTokens;
        _repaired += report.RepairedTokens;
    }

    private List<ChunkHit> Find(Sequence sequence, BlendRequest request, PromptSegments segments, int exact, List<LoadingRun> loads)
    {
        // The prompt's last row gives the logits, so it is computed.
        var end = Math.Min(sequence.ReusableLength, sequence.PromptLength - 1);
        var hits = new List<ChunkHit>();
        var at = exact;
        for (var i = 0; i < segments.Items.Count; i++)
        {
            var segment = segments.Items[i];
            if (!segment.IsPart || segment.End <= exact || segment.Start >= end)
                continue;
            if (request.Fragments && segment.Start > at)
                index.FindFragments(sequence.Scope, sequence.Tokens, at, segment.Start, hits);
            at = Math.Max(at, segment.Start);
            var variants = index.Variants(sequence.Scope, segments.Keys[i], sequence.Tokens.Slice(segment.Start, segment.Length));
            if (variants.Count == 0 && TryLoad(sequence, segment, segments.Keys[i]) is { } load)
            {
                loads.Add(load);
                variants = [load.Run];
            }

            if (variants.Count > 0
                && request.Policy.Choose(new VariantChoice { Variants = variants, Before = segments.Before(i) }) is var chosen and >= 0)
            {
                var stop = Math.Min(segment.End, end);
                hits.Add(new ChunkHit(at, stop - at, variants[chosen], at - segment.Start));
                at = stop;
            }
            else if (!request.Fragments)
            {
                at = segment.End;
            }
        }

        if (request.Fragments && at < end)
            index.FindFragments(sequence.Scope, sequence.Tokens, at, end, hits);
        return hits.Sum(hit => hit.Length) >= request.MinTokens ? hits : [];
    }

    /// <summary>Takes room for a chunk that a tier has, when loading it is quicker than computing it.</summary>
    private LoadingRun? TryLoad(Sequence sequence, PromptSegments.Segment segment, BlockKey key)
    {
        var tokens = sequence.Tokens.Slice(segment.Start, segment.Length);
        if (tiers?.FindRun(sequence, key, tokens) is not { } hit)
            return null;
        if (!pool.TryReserve(hit.Blocks, out var reservation))
        {
            hit.Dispose();
            return null;
        }

        using (reservation)
        {
            var owner = new object();
            var blocks = new List<BlockId>(hit.Blocks);
            foreach (var part in hit.Parts)
            {
                for (var i = 0; i < part.Destinations.Length; i++)
                {
                    var block = pool.Allocate(reservation!, owner);
                    pool.SetFilled(block, model.Layout.BlockRows);
                    blocks.Add(block);
                    unsafe
                    {
                        part.Destinations[i] = (nint)pool.Address(block);
                    }
                }
            }

            var run = new KvRun
            {
                Key = key,
                Scope = sequence.Scope,
                Tokens = tokens.ToArray(),
                BasePosition = hit.BasePosition,
                Blocks = blocks,
                FirstSlot = 0,
                Context = hit.Context,
            };
            return new LoadingRun(run, hit);
        }
    }

    /// <summary>
    /// Share of the reused rows that can be computed while they come, beside the layers that all of them pass to be looked at: no more than have
    /// room in one step, since no others are computed while a layer is waited for.
    /// </summary>
    private double FreeRatio(List<LoadingRun> loads, IBlendPolicy policy, int reused, BlendShape shape)
    {
        var tokens = loads.Sum(load => load.Run.Length);
        var bytesPerTokenLayer = model.Layout.BytesPerToken / model.Layout.Layers;
        var controller = new LoadingController(model.Layout.Layers, bytesPerTokenLayer, rows => rows / tiers!.ComputeRate.PerSecond, qualityFloor: 0);
        var ratio = controller.ChooseRatio(tokens, tokens * model.Layout.BytesPerToken / loads.Sum(load => load.Hit.Seconds));
        var room = maxTogether - (shape.PromptLength - shape.ExactPrefix - reused);
        var looked = (policy.Signals & (BlendSignals.Deviation | BlendSignals.ColumnMass)) == 0 ? 0 : 2.0 / model.Layout.Layers;
        return looked >= 1 ? 0 : Math.Max(0, Math.Min((ratio - looked) / (1 - looked), room / (double)reused));
    }

    private void Release(KvRun run)
    {
        foreach (var block in run.Blocks)
            pool.Release(block);
    }

    private static BlendSpan[] Spans(List<ChunkHit> hits, PromptSegments segments)
    {
        var spans = new BlendSpan[hits.Count];
        var first = 0;
        for (var i = 0; i < spans.Length; i++)
        {
            // What was recorded of a run holds for its rows from the first on.
            var context = hits[i].RunStart == 0 ? hits[i].Run.Context : null;
            spans[i] = new BlendSpan(hits[i].Start, hits[i].Length, first, segments.BeforePosition(hits[i].Start), context);
            first += hits[i].Length;
        }

        return spans;
    }

    private void Store(Sequence sequence, int start, int length, ChunkContext? context)
    {
        if (length <= 0 || sequence.Blend!.Table?.Hits.Any(hit => hit.Start < start + length && hit.End > start) == true)
            return;
        var rows = model.Layout.BlockRows;
        var blocks = new BlockId[((start + length - 1) / rows) - (start / rows) + 1];
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = OwnBlock(sequence.Table!, (start / rows) + i);
        if (index.Add(sequence.Scope, sequence.Tokens.Slice(start, length), start, blocks, start % rows, context) is { } run)
            tiers?.OfferRun(run);
    }

    private static BlockId OwnBlock(IKvTable table, int block) => table switch
    {
        UniformTable uniform => uniform.Blocks[block],
        BlendTable blend => blend.OwnBlock(block),
        _ => throw new InvalidOperationException($"rows of a {table.GetType().Name} cannot be shared"),
    };
}

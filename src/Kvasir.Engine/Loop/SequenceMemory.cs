using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Recurrent;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Loop;

/// <summary>
/// Gets, grows, shares and releases the KV of sequences: reservation before work, prefix hits, waiting for prefixes in flight,
/// eviction of idle blocks.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="pool">The pool.</param>
/// <param name="index">Exact prefixes in the pool.</param>
/// <param name="chunks">Chunks in the pool, for other places.</param>
/// <param name="tiers">What is outside the pool, or null.</param>
/// <param name="states">Recurrent states, or null.</param>
/// <param name="maxTogether">Most rows of one sequence that a step can be relied on to have room for.</param>
internal sealed class SequenceMemory(
    LoadedModel model, BlockPool pool, PrefixIndex index, ChunkReuse chunks, SequenceTiers? tiers, SequenceStates? states, int maxTogether)
{
    /// <summary>A shorter promise is not worth waiting a step for.</summary>
    private const int MinPromisedTokens = 4;

    /// <summary>Steps after which it is looked again what the caches have of a waiting sequence.</summary>
    private const int ResidualLife = 8;

    private readonly InFlightPrompts _inFlight = new();
    private readonly ReadingBooks _books = new(model.Layout.BlockRows);
    private readonly List<Sequence> _holding = [];
    private readonly PoolRoom _room = new(pool, index, chunks.Index);

    /// <summary>Sees the rows of a sequence just before they are released; for verification.</summary>
    public Action<Sequence>? BeforeRelease { get; set; }

    /// <summary>
    /// Gives a waiting sequence its table: the longest prefix that the index has, and room for the rest of its known tokens.
    /// </summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="reserve">True to leave a block free for others that run.</param>
    public Acquisition Acquire(Sequence sequence, bool reserve)
    {
        var request = sequence.Request;
        var policy = request.LayerPolicy?.Invoke();
        var compression = request.Compression is { } asked ? new CompressionSession(model, pool, asked, sequence.PromptLength) : null;
        if (compression is not null && request.Compression!.Cascade && sequence.Length <= maxTogether && compression.Point == sequence.Length)
            return AcquireCascade(sequence, compression, reserve);
        var reusable = Math.Min(sequence.ReusableLength, request.Given is { Parts: [var first, ..] } ? first.Start : int.MaxValue);
        if (compression is not null)
            reusable = compression.Reusable(reusable);
        var reading = ReadingSession.Of(model, _books, sequence);
        reusable = reading?.Reusable(reusable) ?? reusable;
        var reuses = reusable > 0 && request.UsePrefixCache && pool.SharesBlocks && policy is not { AllowsPrefixReuse: false };
        var match = reuses ? index.Match(sequence.Scope, sequence.Tokens, reusable) : null;
        var matched = match?.TokenCount ?? 0;
        if (reuses && _inFlight.LongestPromise(sequence.Scope, sequence.Tokens[..reusable]) >= matched + MinPromisedTokens)
        {
            match?.Dispose();
            return Acquisition.Promised;
        }

        matched = states?.Shorten(match) ?? matched;
        matched = reading?.Shorten(match) ?? matched;
        if (request.Blending is not null)
            return AcquireBlended(sequence, match, reserve);
        if (request.Given is { } given)
            return AcquireGiven(sequence, given, match, reserve);

        // A shared partial block is copied when it is written first, so only full shared blocks cost nothing. A ragged table copies.
        var shared = policy is null ? matched / model.Layout.BlockRows : 0;
        var needed = BlocksFor(sequence.Length + 1) - shared + (compression?.BlocksForKept() ?? 0);
        if (!TryReserve(needed, reserve, out var reservation))
        {
            match?.Dispose();

            // A prefix and its copy in a ragged table may be more than the pool holds. When nobody is left who could make room, the
            // prompt is computed instead.
            if (reserve || policy is null || matched == 0 || !TryReserve(needed, reserve, out reservation))
                return Acquisition.NoMemory;
            match = null;
            matched = 0;
        }

        var hit = match is not null && policy is null && reading is not { ShapesPrompt: true } ? tiers?.Find(sequence, matched, reusable) : null;
        if (hit is not null)
            match!.DropPartialBlock(); // the whole block comes from the tier
        var uniform = policy is null && compression is null ? VirtualKvTable.Create(pool, sequence.Length + 1, match) : new UniformTable(pool);
        uniform.EnsureListCapacity(sequence.PromptLength + sequence.MaxAnswer);
        states?.Begin(sequence, match);
        if (match is not null)
            uniform.AttachPrefix(match);
        sequence.Reservation = reservation;
        compression?.Begin(uniform);
        sequence.Compression = compression;
        sequence.Reading = reading;
        sequence.Policy = compression is null ? policy : compression;
        sequence.Table = policy is null ? uniform : RaggedTable.From(pool, uniform, reservation!);
        sequence.Plan = new ForwardPlan(model.Config.Layers);
        var announces = Publishes(sequence) && sequence.Length - matched > model.Layout.BlockRows;
        if (hit is not null)
            matched = Load(sequence, hit, uniform);
        else
            sequence.Plan.Append(matched, SpanOrigin.Shared);
        sequence.Plan.Append(sequence.Length - matched, SpanOrigin.Computed);
        if (announces)
            sequence.Announcement = _inFlight.Announce(sequence.Scope, sequence.Tokens.ToArray());
        return Acquisition.Acquired;
    }

    /// <summary>
    /// Lets a sequence that has passed its compress point go on with the rows that are kept. Its exact rows stay where others find them.
    /// </summary>
    public void Compress(Sequence sequence)
    {
        if (sequence.Compression is not { } compression)
            return;
        if (!compression.IsCompressed && sequence.ComputedLength >= compression.Point && Publishes(sequence))
        {
            Insert(sequence);
            Withdraw(sequence);
        }

        if (compression.EndStep(sequence.ComputedLength, sequence.Reservation!) is { } table)
            sequence.Table = table;
        sequence.CompressionReport = compression.Statistics;
    }

    /// <summary>Tokens of a waiting sequence that would be left to compute if it started now.</summary>
    public int Residual(Sequence sequence)
    {
        var (tokens, life) = sequence.Residual;
        if (life == 0)
        {
            var reusable = sequence.Request.UsePrefixCache && pool.SharesBlocks ? sequence.ReusableLength : 0;
            using var match = index.Peek(sequence.Scope, sequence.Tokens[..reusable]);
            tokens = sequence.Length - match.TokenCount - chunks.Spared(sequence, match.TokenCount);
            life = ResidualLife;
        }

        sequence.Residual = (tokens, life - 1);
        return tokens;
    }

    /// <summary>Makes room for rows up to <paramref name="length"/>; false when no block can be had even by eviction.</summary>
    public bool EnsureCapacity(Sequence sequence, int length)
    {
        var needed = sequence.Table!.BlocksToReach(length) - sequence.Reservation!.Remaining;
        if (needed > 0 && !(_room.TryMake(needed) && sequence.Reservation.TryGrow(needed)))
            return false;
        sequence.Table.Extend(length, sequence.Reservation);
        return true;
    }

    /// <summary>Shares all rows of <paramref name="parent"/> with <paramref name="fork"/>; each copies what it writes.</summary>
    public bool TryFork(Sequence parent, Sequence fork)
    {
        if (parent.Table is not UniformTable table || !_room.TryMake(table.BlocksToFork) || !pool.TryReserve(table.BlocksToFork, out var reservation))
            return false;
        fork.Reservation = reservation;
        var forked = table.Fork(reservation);
        forked.EnsureListCapacity(fork.PromptLength + fork.MaxAnswer);
        fork.Table = forked;
        states?.Fork(sequence: fork, parent);
        fork.Reading = ReadingSession.Of(model, _books, fork, parent.Reading);
        fork.Plan = new ForwardPlan(model.Config.Layers);
        fork.Plan.Append(fork.PromptLength, SpanOrigin.Shared);
        return true;
    }

    /// <summary>Lets others find the rows that the sequence has computed so far.</summary>
    public void Publish(Sequence sequence)
    {
        if (!Publishes(sequence))
            return;
        Insert(sequence);
        if (sequence.Plan!.Remaining == 0)
            Withdraw(sequence);
    }

    /// <summary>Takes all memory from a sequence; its computed rows may stay in the prefix cache.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="keepInCache">True when its rows may stay in the prefix cache.</param>
    /// <param name="ended">True when its answer has ended well.</param>
    public void Release(Sequence sequence, bool keepInCache, bool ended = false)
    {
        BeforeRelease?.Invoke(sequence);
        if (ended && sequence is { Choice: 0, Request.Capture: { } capture, Plan.Remaining: 0 })
        {
            using var rows = new SequenceRows(model, sequence);
            capture.Take(rows);
        }

        if (sequence.Blend is { } blend)
            sequence.BlendReport = (sequence.BlendReport ?? blend.Report()) with { AnswerRepairs = (sequence.BlendReport?.AnswerRepairs ?? 0) + blend.Counters.AnswerRepairs };
        if (keepInCache && Publishes(sequence))
            Insert(sequence);
        tiers?.Settle(sequence);
        if (sequence.Blend is not null)
            chunks.LetGo(sequence.Blend);
        tiers?.Ended(sequence, sequence.ComputedLength);
        Withdraw(sequence);
        states?.End(sequence);
        sequence.Table?.Dispose();
        sequence.Table = null;
        sequence.Reservation?.Dispose();
        sequence.Reservation = null;
        sequence.Plan = null;
        sequence.Policy = null;
        sequence.Compression = null;
        sequence.ReadingReport = sequence.Reading?.Statistics;
        sequence.Reading = null;
        sequence.Blend = null;
    }

    /// <summary>
    /// Keeps what a sequence that is about to be preempted will go on with: the chunks that it reuses, and its rows in a tier, where that is
    /// quicker than computing them again.
    /// </summary>
    public void SwapOut(Sequence sequence)
    {
        if (sequence is { MayReuseChunks: true, Load: null, Blend.Table: { } blend })
        {
            sequence.Held = new ChunkHold(pool, blend.Hits);
            _holding.Add(sequence);
        }

        if (tiers is not null && sequence.Reading is null && Publishes(sequence))
            tiers.SwapOut(sequence, sequence.ComputedLength, (UniformTable)sequence.Table!);
    }

    /// <summary>Lets go of the chunks that are kept for a waiting sequence.</summary>
    public void LetGo(Sequence sequence)
    {
        if (sequence.Held is null)
            return;
        sequence.Held.Dispose();
        sequence.Held = null;
        _holding.Remove(sequence);
    }

    /// <summary>Makes room for so many more repaired rows of a sequence.</summary>
    public bool EnsureRepairs(Sequence sequence, int rows)
    {
        var needed = ((BlendTable)sequence.Table!).BlocksToRepair(rows) - sequence.Reservation!.Remaining;
        return needed <= 0 || (_room.TryMake(needed) && sequence.Reservation.TryGrow(needed));
    }

    /// <summary>The prompt of a sequence is computed: what others may reuse of it elsewhere is kept.</summary>
    public void EndPrompt(Sequence sequence)
    {
        if (sequence.Blend is not { IsPromptDone: false } blend)
            return;
        blend.EndPrompt();
        sequence.BlendReport ??= blend.Report();
        chunks.Store(sequence);
    }

    /// <summary>Chunks that were loaded for a sequence are there for others.</summary>
    public void KeepLoaded(Sequence sequence)
    {
        if (sequence is { Load: null, Blend: { Loads.Count: > 0, HasLetGo: false } blend })
            chunks.Keep(blend);
    }

    /// <summary>Has the policy of a sequence choose which reused rows are computed again.</summary>
    public void ChooseRepairs(Sequence sequence) => sequence.Plan!.SetRepairs(sequence.Blend!.Select(ChunkReuse.Seed(sequence), maxTogether));

    /// <summary>
    /// Gives a sequence that may reuse chunks its table: the exact prefix first, then the chunks where they lie, and room for the rest and
    /// for the rows that stand in for reused ones.
    /// </summary>
    private Acquisition AcquireBlended(Sequence sequence, PrefixMatch? match, bool reserve)
    {
        match?.Shorten(sequence.Held is { Hits: [var first, ..] } ? first.Start : int.MaxValue);
        var exact = match?.TokenCount ?? 0;
        var blend = chunks.Prepare(sequence, exact, reuse: sequence.MayReuseChunks);
        if (!TryReserveBlended(sequence, blend, exact, reserve, out var reservation))
        {
            blend.Table?.Dispose();
            foreach (var load in blend.Loads)
                chunks.Abandon(load);
            match?.Dispose();
            if (reserve)
                return Acquisition.NoMemory;

            // Nobody is left who could make room: the chunks give way, and the prompt is computed.
            exact = 0;
            match = null;
            chunks.Index.Clear();
            blend = chunks.Prepare(sequence, 0, reuse: false);
            if (!TryReserveBlended(sequence, blend, 0, reserve, out reservation))
                return Acquisition.NoMemory;
        }

        LetGo(sequence);
        sequence.Reservation = reservation;
        sequence.Blend = blend;
        sequence.Plan = new ForwardPlan(model.Config.Layers);
        sequence.Plan.Append(exact, SpanOrigin.Shared);
        if (blend.Table is { } table)
        {
            if (match is not null)
                table.AttachPrefix(match);
            sequence.Table = table;
            foreach (var hit in table.Hits)
            {
                sequence.Plan.Append(hit.Start - sequence.Plan.Length, SpanOrigin.Computed);
                sequence.Plan.Append(hit.Length, SpanOrigin.Blended);
            }

            if (!blend.IsProbing)
                ChooseRepairs(sequence);
            if (blend.Loads.Count > 0)
                tiers!.BeginRuns(sequence, blend.Loads);
        }
        else
        {
            var uniform = new UniformTable(pool);
            uniform.EnsureListCapacity(sequence.PromptLength + sequence.MaxAnswer);
            if (match is not null)
                uniform.AttachPrefix(match);
            sequence.Table = uniform;
        }

        sequence.Plan.Append(sequence.Length - sequence.Plan.Length, SpanOrigin.Computed);
        return Acquisition.Acquired;
    }

    /// <summary>Gives a sequence that is compressed while its prompt is computed its table, and room for what that needs at most.</summary>
    private Acquisition AcquireCascade(Sequence sequence, CompressionSession compression, bool reserve)
    {
        var table = compression.BeginCascade();
        if (!TryReserve(table.BlocksToReach(sequence.Length), reserve, out var reservation))
        {
            table.Dispose();
            return Acquisition.NoMemory;
        }

        sequence.Reservation = reservation;
        sequence.Table = table;
        sequence.Compression = compression;
        sequence.Policy = compression;
        sequence.Plan = new ForwardPlan(model.Config.Layers);
        sequence.Plan.Append(sequence.Length, SpanOrigin.Computed);
        return Acquisition.Acquired;
    }

    /// <summary>Gives a sequence that brings rows along its table: the exact prefix, room for the rest, and the rows that it brings.</summary>
    private Acquisition AcquireGiven(Sequence sequence, IGivenRows given, PrefixMatch? match, bool reserve)
    {
        var exact = match?.TokenCount ?? 0;
        if (!TryReserve(BlocksFor(sequence.Length + 1) - (exact / model.Layout.BlockRows), reserve, out var reservation))
        {
            match?.Dispose();
            return Acquisition.NoMemory;
        }

        var table = new UniformTable(pool);
        table.EnsureListCapacity(sequence.PromptLength + sequence.MaxAnswer);
        if (match is not null)
            table.AttachPrefix(match);
        sequence.Reservation = reservation;
        sequence.Table = table;
        sequence.Plan = new ForwardPlan(model.Config.Layers);
        sequence.Plan.Append(exact, SpanOrigin.Shared);
        foreach (var part in given.Parts)
        {
            sequence.Plan.Append(part.Start - sequence.Plan.Length, SpanOrigin.Computed);
            sequence.Plan.Append(part.Length, SpanOrigin.Given);
        }

        sequence.Plan.Append(sequence.Length - sequence.Plan.Length, SpanOrigin.Computed);
        table.Extend(sequence.Length, reservation!);
        SequenceRows.WriteGiven(model, sequence, given);
        return Acquisition.Acquired;
    }

    private bool TryReserveBlended(Sequence sequence, BlendSession blend, int exact, bool reserve, out BlockReservation? reservation)
    {
        var rows = blend.Table?.Hits.Sum(hit => hit.Length) ?? 0;
        var blocks = blend.Table is { } table
            ? table.BlocksToReach(sequence.Length + 1) - (exact / model.Layout.BlockRows) + table.BlocksToRepair(blend.Policy.MostRepairs(rows))
            : BlocksFor(sequence.Length + 1) - (exact / model.Layout.BlockRows);
        return TryReserve(blocks, reserve, out reservation);
    }

    /// <summary>True when the rows may be found by others; rows that came from a tier only when they were verified.</summary>
    private bool Publishes(Sequence sequence) =>
        sequence.Request is { UsePrefixCache: true, StorePrefix: true } && pool.SharesBlocks && sequence.Load is null && sequence.Table is UniformTable;

    /// <summary>Begins to load into the table, behind what it has; returns the first position that is left to compute.</summary>
    private int Load(Sequence sequence, TierHit hit, UniformTable table)
    {
        sequence.Plan!.Append(hit.Start, SpanOrigin.Shared);
        sequence.Plan.Append(hit.End - hit.Start, SpanOrigin.Loaded);
        table.Extend(hit.End, sequence.Reservation!);
        tiers!.Begin(sequence, hit, table);
        return hit.End;
    }

    private int BlocksFor(int rows) => (rows + model.Layout.BlockRows - 1) / model.Layout.BlockRows;

    /// <summary>
    /// Promises blocks to a sequence that is being admitted. <paramref name="reserve"/>: others run and a block is to be left for them; otherwise
    /// nobody else could make room.
    /// </summary>
    private bool TryReserve(int blocks, bool reserve, out BlockReservation? reservation)
    {
        reservation = null;
        var hasRoom = _room.TryMake(reserve ? blocks + 1 : blocks);
        while (!hasRoom && !reserve && _holding.Count > 0)
        {
            // What is kept for those that wait gives way, or nobody would ever run.
            LetGo(_holding[^1]);
            hasRoom = _room.TryMake(blocks);
        }

        return hasRoom && pool.TryReserve(blocks, out reservation);
    }

    private void Insert(Sequence sequence)
    {
        var rows = sequence.ExactLength;
        if (rows < sequence.ComputedLength)
            rows -= rows % model.Layout.BlockRows; // rows that are not exact may lie behind them in the same block
        if (rows == 0)
            return;
        var table = (UniformTable)sequence.Table!;
        index.Insert(sequence.Scope, sequence.Tokens[..rows], table.Blocks[..BlocksFor(rows)]);
        sequence.Reading?.Keep(sequence, rows);
        if (sequence.Reading is not { ShapesPrompt: true })
            tiers?.Offer(sequence, rows, table);
    }

    private void Withdraw(Sequence sequence)
    {
        sequence.Announcement?.Dispose();
        sequence.Announcement = null;
    }
}

using Kvasir.Engine.Adapters;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Reading;
using Kvasir.Engine.Recurrent;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Tiers;
using Kvasir.Grammars;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Sequences;

/// <summary>One answer in the making: its tokens, its KV, its plan. Only the engine's thread touches it.</summary>
/// <remarks>
/// Waiting → Running → Finished; a preempted one goes back to Waiting with the tokens it has, and its rows are computed again. Rows
/// computed are always a prefix of <see cref="Tokens"/>; when all known tokens have rows, the next token is sampled.
/// </remarks>
internal sealed class Sequence
{
    private readonly int[] _tokens;

    public Sequence(GenerationRequest request, CacheScope scope, int choice, int maxAnswer, TokenStream output, long arrival, long submitted)
    {
        Request = request;
        Scope = scope;
        Choice = choice;
        MaxAnswer = maxAnswer;
        Output = output;
        Arrival = arrival;
        SubmittedTimestamp = submitted;
        PromptLength = request.Prompt.Length;
        _tokens = new int[PromptLength + maxAnswer];
        request.Prompt.Span.CopyTo(_tokens);
        Length = PromptLength;
        if (request.Sampling.ChangesLogits)
        {
            Counts = new TokenCounts();
            Counts.AddPrompt(request.Prompt.Span);
        }

        if (request.StopStrings.Count > 0)
            Stop = new StopMatcher(request.StopStrings);
        Matcher = request.Grammar?.CreateMatcher();
        if (request.WantReceipt)
            LogitDigests = new ulong[maxAnswer];
    }

    public GenerationRequest Request { get; }

    public CacheScope Scope { get; }

    /// <summary>The adapter of its request, used until it is finished; null for the bare model.</summary>
    public LoadedAdapter? Adapter { get; init; }

    /// <summary>Which of the request's answers this is, from 0.</summary>
    public int Choice { get; }

    public int MaxAnswer { get; }

    public TokenStream Output { get; }

    public long Arrival { get; }

    public long SubmittedTimestamp { get; }

    public long? FirstStepTimestamp { get; set; }

    public long? FirstTokenTimestamp { get; set; }

    public int PromptLength { get; }

    /// <summary>False once its request was admitted: a limit to its waiting counts until then.</summary>
    public bool MayBeOverdue { get; set; } = true;

    /// <summary>Known tokens: the prompt and the answer so far.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Length);

    /// <summary>The same, for others to hold on to: known tokens never change.</summary>
    public ReadOnlyMemory<int> KnownTokens => _tokens.AsMemory(0, Length);

    /// <summary>Keys of its full blocks, once a tier was asked for them.</summary>
    public KeyChain? Keys { get; set; }

    public int AnswerLength => Length - PromptLength;

    public SequenceStatus Status { get; set; } = SequenceStatus.Waiting;

    /// <summary>What is shared and what is to be computed, while running.</summary>
    public ForwardPlan? Plan { get; set; }

    /// <summary>Its rows, while running.</summary>
    public IKvTable? Table { get; set; }

    /// <summary>Its recurrent state behind its computed rows, while running; null in models without recurrent layers.</summary>
    public RecurrentState? State { get; set; }

    /// <summary>Blocks promised to it, while running.</summary>
    public BlockReservation? Reservation { get; set; }

    /// <summary>Its announcement that it is computing its prompt, while others may wait for it.</summary>
    public InFlightPrompts.Handle? Announcement { get; set; }

    public ILayerPolicy? Policy { get; set; }

    /// <summary>Its compression while running, which is its layer policy too; null when it did not ask for any.</summary>
    public CompressionSession? Compression { get; set; }

    /// <summary>Its sparse reading while running; null when it did not ask for any.</summary>
    public ReadingSession? Reading { get; set; }

    /// <summary>How much its sparse reading read, once it was released.</summary>
    public ReadingStatistics? ReadingReport { get; set; }

    /// <summary>What its compression did last.</summary>
    public CompressionStatistics? CompressionReport { get; set; }

    /// <summary>Its prompt cut at the borders of its reusable parts, once asked for.</summary>
    public PromptSegments? Segments { get; set; }

    /// <summary>Its blending while running; null when it did not ask for any.</summary>
    public BlendSession? Blend { get; set; }

    /// <summary>The logits of its first token, when it is to be audited.</summary>
    public float[]? FirstLogits { get; set; }

    /// <summary>False once the pool was found too small for it and the chunks that it reuses.</summary>
    public bool MayReuseChunks { get; set; } = true;

    /// <summary>Chunks that are kept for it while it waits after a preemption.</summary>
    public ChunkHold? Held { get; set; }

    /// <summary>Tokens that would be left to compute if it started now, as far as was last looked, and how often that is still believed.</summary>
    public (int Tokens, int Life) Residual { get; set; }

    /// <summary>What its blending did at its first admission.</summary>
    public BlendStatistics? BlendReport { get; set; }

    /// <summary>Its rows that are coming from tiers, or are there and not verified yet; null when there are none.</summary>
    public SequenceLoad? Load { get; set; }

    /// <summary>True once its prompt was counted among what is asked for.</summary>
    public bool IsObserved { get; set; }

    /// <summary>Loads of it that came to nothing.</summary>
    public int LoadFailures { get; set; }

    /// <summary>Chunks that were offered to the tiers.</summary>
    public int OfferedChunks { get; set; }

    /// <summary>True when chunks of it were stored in the tiers.</summary>
    public bool StoredChunks { get; set; }

    /// <summary>Full blocks that were kept in a tier when it was preempted; 0 when they were not.</summary>
    public int SwappedBlocks { get; set; }

    /// <summary>Where the answer stands in its grammar; null without one.</summary>
    public GrammarMatcher? Matcher { get; }

    /// <summary>Takes up its hidden states when it is an embedding; null for an answer.</summary>
    public HiddenPool? Pool { get; init; }

    /// <summary>Tokens whose rows may be taken from the prefix cache: an output must come of the others.</summary>
    public int ReusableLength => Pool is { WantsEveryRow: true } pool ? pool.Rows : Length - 1;

    public TokenCounts? Counts { get; }

    public StopMatcher? Stop { get; }

    /// <summary>Digest of the logits of every answer token, when a receipt was asked for.</summary>
    public ulong[]? LogitDigests { get; }

    /// <summary>Spans of the prompt at the first admission.</summary>
    public IReadOnlyList<PlanSpan>? FirstSpans { get; set; }

    /// <summary>Prompt tokens found in the pool at the first admission.</summary>
    public int ReusedTokens { get; set; }

    public long ComputedRows { get; set; }

    public int Preemptions { get; set; }

    /// <summary>Tokens of the answer that were appended without being sampled.</summary>
    public int ForcedTokens { get; set; }

    /// <summary>Answers of the same request that fork from this one when its prompt is computed.</summary>
    public List<Sequence>? Forks { get; set; }

    /// <summary>Rows computed so far.</summary>
    public int ComputedLength => Plan?.NextPosition ?? 0;

    /// <summary>
    /// Those of them that are what a cold, lone run in the same scope computes: no approximately reused row stands before them, and none that was
    /// read sparsely beyond what the scope says.
    /// </summary>
    public int ExactLength => Math.Min(Math.Min(ComputedLength, Reading?.SharedLength ?? int.MaxValue), Blend?.Table?.ExactLength ?? (Request.Given is { Parts: [var first, ..] } ? first.Start : int.MaxValue));

    public void Append(int token)
    {
        _tokens[Length++] = token;
        Counts?.AddAnswer(token);
    }
}

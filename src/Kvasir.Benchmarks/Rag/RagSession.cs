using Kvasir.Benchmarks.Rag.Measures;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Rag;

/// <summary>An engine under measurement whose logits are seen; one request at a time where they are wanted.</summary>
internal sealed class RagSession : IDisposable
{
    /// <summary>Most tokens of an answer.</summary>
    public const int AnswerTokens = 16;

    /// <summary>Tokens of the chunks of short prompts: of kinds that the bundled model cannot read when they are longer, and of controls.</summary>
    public const int ShortTokens = 400;

    private readonly List<float[]> _rows = [];
    private Predicate<int> _wanted = row => row == 0;
    private int _row;

    private RagSession(KvasirEngine engine)
    {
        Engine = engine;
        Frame = PromptFrame.Of(engine);
    }

    public KvasirEngine Engine { get; }

    public PromptFrame Frame { get; }

    public int Layers => Engine.Config.Layers;

    /// <summary>Where the last prompt's chunks are kept.</summary>
    public CacheScope? Scope { get; private set; }

    /// <summary>Values of the last prompt, while they are kept.</summary>
    public ValueRows? Values { get; private set; }

    /// <summary>Loads a model and answers one request, which pays for what no later one does.</summary>
    public static async Task<RagSession> OpenAsync(string model, EngineOptions options)
    {
        var session = new RagSession(KvasirEngine.Load(model, options));
        try
        {
            await session.Engine.QueryAsync(loop => loop.Observer = (sequence, logits) => session.Observe(sequence, logits)).ConfigureAwait(false);
            await session.AnswerAsync(new GenerationRequest { Prompt = session.Frame.Encode("The first request."), MaxTokens = 2, UsePrefixCache = false }).ConfigureAwait(false);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>A request that reuses nothing.</summary>
    public static GenerationRequest Full(RagPrompt prompt) => new() { Prompt = prompt.Tokens, MaxTokens = AnswerTokens, UsePrefixCache = false };

    /// <summary>A request that reuses the longest prefix that is known, and nothing else.</summary>
    public static GenerationRequest PrefixOnly(RagPrompt prompt, ReadOnlyMemory<byte> salt) =>
        new() { Prompt = prompt.Tokens, MaxTokens = AnswerTokens, CacheSalt = salt };

    /// <summary>A request that reuses chunks; it leaves nothing behind.</summary>
    public static GenerationRequest Blended(RagPrompt prompt, IBlendPolicy policy, ReadOnlyMemory<byte> salt) => new()
    {
        Prompt = prompt.Tokens,
        MaxTokens = AnswerTokens,
        CacheSalt = salt,
        UsePrefixCache = false,
        Blending = new BlendRequest { Policy = policy, Parts = Parts(prompt), Store = false, MinTokens = 1 },
    };

    public static ChunkPart[] Parts(RagPrompt prompt) => [.. prompt.Parts.Select(part => new ChunkPart(part.Start, part.Length))];

    /// <summary>Answers and keeps logits rows.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="wanted">Which rows are kept, by the number of the token that is chosen from them; the first alone when null.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<RagAnswer> AnswerAsync(GenerationRequest request, Predicate<int>? wanted = null, CancellationToken cancellation = default)
    {
        // The loop is idle between two requests, so that its thread sees what is set here.
        _rows.Clear();
        _row = 0;
        _wanted = wanted ?? (row => row == 0);
        using var generation = Engine.Submit(request);
        var answer = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        return new RagAnswer(answer, [.. _rows]);
    }

    /// <summary>Computes every chunk of a prompt alone and keeps it under <see cref="RagScope.Alone"/>.</summary>
    public async Task StoreAloneAsync(RagPrompt prompt, CancellationToken cancellation)
    {
        foreach (var part in prompt.Parts)
        {
            int[] tokens = [.. Frame.Head, .. prompt.Tokens.AsSpan(part.Start, part.Length)];
            await AnswerAsync(
                new GenerationRequest
                {
                    Prompt = tokens,
                    MaxTokens = 1,
                    CacheSalt = RagScope.Alone,
                    Blending = new BlendRequest { Policy = new NaivePolicy(), Parts = [new ChunkPart(Frame.Head.Length, part.Length)], MinTokens = 1 },
                },
                cancellation: cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Computes the chunks of a prompt in another order and keeps them under <see cref="RagScope.Context"/>, with what they looked at.
    /// </summary>
    public async Task StoreInContextAsync(RagPrompt prompt, Random random, CancellationToken cancellation)
    {
        RagPart[] order = [.. prompt.Parts];
        random.Shuffle(order);
        await StoreAsync(
            Frame.Build([.. order.Select(part => new RagPiece(part.Chunk, prompt.Tokens[part.Start..part.End]))], new RagQuestion("", [], prompt.Kind)),
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Computes a prompt and keeps its chunks under <see cref="RagScope.Context"/>, with what they looked at.</summary>
    public Task StoreAsync(RagPrompt prompt, CancellationToken cancellation) => AnswerAsync(
        new GenerationRequest
        {
            Prompt = prompt.Tokens,
            MaxTokens = 1,
            CacheSalt = RagScope.Context,
            UsePrefixCache = false,
            Blending = new BlendRequest { Policy = new CacheCraftPolicy(1) { Cutoff = 0 }, Parts = Parts(prompt), MinTokens = 1 },
        },
        cancellation: cancellation);

    /// <summary>Keeps the values of every prompt, those of reused rows as they were used, or no longer.</summary>
    public Task KeepValuesAsync(bool keep) => Engine.QueryAsync(loop =>
    {
        loop.BeforeRelease = keep ? Keep : null;
        return true;

        void Keep(Sequence sequence)
        {
            if (sequence.Table is { } table && table.Length >= sequence.PromptLength)
                Values = ValueRows.Copy(table, sequence.PromptLength, loop.Pool.Layout);
        }
    });

    /// <summary>Rows times layers that an answer's prompt cost.</summary>
    public long TokenLayers(Answer answer) => answer.Statistics.Blend is { PromptTokenLayers: > 0 } blend
        ? blend.PromptTokenLayers
        : (long)(answer.Statistics.PromptTokens - answer.Statistics.ReusedTokens) * Layers;

    public void Dispose() => Engine.Dispose();

    private void Observe(Sequence sequence, ReadOnlySpan<float> logits)
    {
        Scope = sequence.Scope;
        if (_wanted(_row++))
            _rows.Add(logits.ToArray());
    }
}

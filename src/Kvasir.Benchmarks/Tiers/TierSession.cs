using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tiers;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>An engine under measurement, and what is asked of it.</summary>
internal sealed class TierSession : IDisposable
{
    private readonly KvasirEngine _engine;

    private TierSession(KvasirEngine engine, double bytesPerToken)
    {
        _engine = engine;
        BytesPerToken = bytesPerToken;
    }

    public KvasirEngine Engine => _engine;

    public double BytesPerToken { get; }

    /// <summary>Loads the model with a pool of so many tokens.</summary>
    public static async Task<TierSession> OpenAsync(TierBenchmarkOptions options, long poolTokens, double bytesPerToken, TierOptions? tiers)
    {
        var engine = KvasirEngine.Load(options.Model, new EngineOptions
        {
            Threads = options.Threads,
            KvBudgetBytes = (long)(poolTokens * bytesPerToken),
            Tiers = tiers,
        });
        try
        {
            // The first request of a process pays for what no later one does.
            var session = new TierSession(engine, bytesPerToken);
            await session.AnswerAsync(Prompt(engine, 64, seed: -1), 2).ConfigureAwait(false);
            return session;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of keys and values that a token takes in the model.</summary>
    public static async Task<(double BytesPerToken, int MaxContext)> ShapeAsync(TierBenchmarkOptions options)
    {
        using var engine = KvasirEngine.Load(options.Model, new EngineOptions { Threads = options.Threads, KvBudgetBytes = 64 << 20 });
        return (await engine.QueryAsync(loop => loop.Pool.Layout.BytesPerToken).ConfigureAwait(false), engine.MaxContext);
    }

    /// <summary>Random tokens, the same for the same seed.</summary>
    public static int[] Prompt(KvasirEngine engine, int tokens, int seed)
    {
        var random = new Random(seed);
        var prompt = new int[tokens];
        for (var i = 0; i < tokens; i++)
            prompt[i] = random.Next(engine.Config.VocabSize);
        return prompt;
    }

    /// <summary>Random tokens of this engine's vocabulary.</summary>
    public int[] Prompt(int tokens, int seed) => Prompt(_engine, tokens, seed);

    public async Task<Answer> AnswerAsync(int[] prompt, int tokens, bool reuse = true, CancellationToken cancellation = default)
    {
        using var generation = _engine.Submit(new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = tokens,
            IgnoreStopTokens = true,
            WantReceipt = true,
            UsePrefixCache = reuse,
        });
        return await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Empties the pool; the tiers have what was in it.</summary>
    public async Task ForgetPoolAsync()
    {
        if (!await _engine.FlushTiersAsync(TimeSpan.FromMinutes(5)).ConfigureAwait(false))
            throw new TimeoutException("the tiers did not store within five minutes what was computed");
        await _engine.QueryAsync(loop =>
        {
            loop.Index.Clear();
            return true;
        }).ConfigureAwait(false);
    }

    public void Dispose() => _engine.Dispose();
}

using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tiers;

namespace Kvasir.Engine.Tests.Tiers;

/// <summary>A loop with a host tier and small chunks.</summary>
internal sealed class TierRun : IDisposable
{
    private readonly LoopRun _run;

    public TierRun(int blocks = 64, Func<TierOptions, TierOptions>? tiers = null, Func<EngineOptions, EngineOptions>? engine = null)
    {
        var options = new TierOptions { HostBytes = 64 << 20, Moves = new KvTierOptions { ChunkTokens = 32, MinLoadTokens = 1, Threads = 1 } };
        var all = new EngineOptions { BlockRows = 16, Threads = 1, Tiers = tiers?.Invoke(options) ?? options };
        _run = new LoopRun(engine?.Invoke(all) ?? all, blocks);
        _run.Loop.Tiers!.ComputeRate.Add(1e9, 1e9); // a row a second: loading is always quicker
    }

    public LoopRun Run => _run;

    public TierCounters Counters => _run.Loop.Tiers!.Counters;

    public IKvTier Tier => _run.Loop.Tiers!.Tiers.Tiers.First();

    /// <summary>Answers a prompt; the digests of its logits.</summary>
    public ulong[] Answer(int[] prompt, int tokens = 4)
    {
        var sequence = Submit(prompt, tokens);
        _run.Finish();
        Assert.Equal(FinishReason.Length, sequence.Output.Finish);
        return sequence.LogitDigests!;
    }

    public Sequence Submit(int[] prompt, int tokens = 4) =>
        _run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = tokens, WantReceipt = true, IgnoreStopTokens = true });

    /// <summary>Empties the pool; what was offered to the tiers is in them then.</summary>
    public void Forget()
    {
        Assert.True(_run.Loop.Tiers!.Tiers.WaitForStores(TimeSpan.FromMinutes(1)));
        _run.Loop.Index.Clear();
    }

    /// <summary>Waits until no load is under way, given up ones included.</summary>
    public void AwaitMoves()
    {
        _run.Loop.Scrub(); // takes note of moves that have ended
        while (_run.Loop.Tiers!.OpenMoves > 0)
        {
            Assert.True(_run.Moved.WaitOne(TimeSpan.FromMinutes(1)), "a load never ends");
            _run.Loop.Scrub();
        }
    }

    /// <summary>Nothing is pinned, promised or in use.</summary>
    public void CheckNothingLeaks()
    {
        Forget();
        AwaitMoves();
        Assert.Equal((0, 0), (_run.Pool.UsedBlocks, _run.Pool.ReservedBlocks));
        _run.Pool.CheckIntegrity();
        Assert.Equal(0, Tier.Status.Pins);
    }

    public void Dispose() => _run.Dispose();
}

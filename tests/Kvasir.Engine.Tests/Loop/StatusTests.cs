using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Tests.Loop;

public sealed class StatusTests
{
    [Fact]
    public void BlocksByState_AddUpToThePool_WhateverHappens()
    {
        var sawCached = false;
        var sawReserved = false;
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            using var run = new LoopRun(new EngineOptions { BlockRows = 16, Threads = 1, MaxBatchTokens = random.Next(8, 64) }, random.Next(10, 30));
            var submitted = new List<Sequence>();
            for (var i = 0; i < 120; i++)
            {
                if (random.Next(8) == 0)
                {
                    submitted.Add(run.Submit(new GenerationRequest
                    {
                        Prompt = TinyModel.Tokens(random.Next(1, 80), random.Next(3)),
                        MaxTokens = random.Next(1, 50),
                        Choices = random.Next(1, 4),
                        IgnoreStopTokens = true,
                    }));
                }

                if (random.Next(20) == 0 && run.Loop.Running.Count > 0)
                    run.Loop.Preempt(run.Loop.Running[random.Next(run.Loop.Running.Count)]);
                if (random.Next(30) == 0 && submitted.Count > 0)
                    run.Loop.Cancel([submitted[random.Next(submitted.Count)]]);
                if (random.Next(20) == 0)
                    run.Loop.Index.Evict(2);
                var fence = random.Next(10) == 0 ? run.Pool.OpenFence() : (long?)null;
                if (fence is not null)
                    run.Loop.Index.Clear();
                Check(run, $"seed {seed}, round {i}");
                if (fence is { } open)
                    run.Pool.CloseFence(open);
                if (!run.Loop.IsIdle)
                    run.Loop.Step();
                var status = Check(run, $"seed {seed}, round {i}");
                sawCached |= status is { CachedBlocks: > 0, ActiveBlocks: > 0 };
                sawReserved |= status.ReservedBlocks > 0;
            }
        }

        Assert.True(sawCached && sawReserved, "the states that the test is about never came");
    }

    [Fact]
    public void BlocksReleasedDuringAStep_AreQuarantinedUntilItEnds()
    {
        using var run = new LoopRun(new EngineOptions { BlockRows = 16, Threads = 1 }, 12);
        run.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(40, 1), MaxTokens = 1 });
        run.Finish();
        Assert.Equal((3, 0), (run.Loop.Status.CachedBlocks, run.Loop.Status.QuarantinedBlocks));
        var fence = run.Pool.OpenFence();
        run.Loop.Index.Clear();
        Assert.Equal((0, 3), (run.Loop.Status.CachedBlocks, run.Loop.Status.QuarantinedBlocks));
        run.Pool.CloseFence(fence);
        Assert.Equal((0, 12), (run.Loop.Status.QuarantinedBlocks, run.Loop.Status.FreeBlocks));
    }

    [Fact]
    public async Task Status_CountsWhatTwoEqualPromptsCost()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { BlockRows = 16 });
        for (var i = 0; i < 2; i++)
        {
            using var generation = engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(50, 1), MaxTokens = 3, IgnoreStopTokens = true });
            await generation.CompleteAsync();
        }

        var status = await engine.GetStatusAsync();
        Assert.Equal((100, 49, 6), (status.PromptTokens, status.ReusedTokens, status.SampledTokens));
        Assert.Equal((2, 1, 0), (status.Lookups, status.Hits, status.Evictions));
        Assert.Equal((16, 52L, 0), (status.BlockRows, status.CachedTokens, status.ActiveBlocks));
        Assert.True(status.CommittedBytes > 0);
    }

    private static EngineStatus Check(LoopRun run, string when)
    {
        var status = run.Loop.Status;
        var active = run.Loop.Running.SelectMany(sequence => ((UniformTable)sequence.Table!).Blocks.ToArray()).Distinct().Count();
        var states = Enumerable.Range(0, run.Pool.Capacity).Select(block => run.Pool.State(new BlockId(block))).ToArray();
        Assert.True(status.FreeBlocks + status.ReservedBlocks == states.Count(state => state == BlockState.Free), when);
        Assert.True(status.QuarantinedBlocks == states.Count(state => state == BlockState.Quarantined), when);
        Assert.True(status.ActiveBlocks == active, $"{when}: {status.ActiveBlocks} are said to be active, {active} are");
        var sum = status.FreeBlocks + status.ReservedBlocks + status.ActiveBlocks + status.CachedBlocks + status.QuarantinedBlocks;
        Assert.True(sum == status.TotalBlocks && sum == run.Pool.Capacity, $"{when}: {status}");
        return status;
    }
}

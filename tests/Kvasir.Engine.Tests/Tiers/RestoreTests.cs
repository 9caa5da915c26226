using Kvasir.Engine.Plans;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Tiers;

public sealed class RestoreTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void RowsFromATier_GiveTheSameBits(int layersPerRecord)
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun(tiers: options => options with { LayersPerRecord = layersPerRecord });
        var computed = run.Answer(prompt);
        run.Forget();
        var sequence = run.Submit(prompt);
        run.Run.Finish();
        Assert.Equal(computed, sequence.LogitDigests!);
        Assert.Equal(128, run.Counters.LoadedTokens);
        Assert.Equal([SpanOrigin.Loaded, SpanOrigin.Computed], sequence.FirstSpans!.Select(span => span.Origin));
        Assert.Equal(128, sequence.ReusedTokens);
        Assert.Equal(4, run.Counters.VerifiedRows);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void PromptThatEndsWithAChunk_ComputesItsLastRowOnly()
    {
        var prompt = TinyModel.Tokens(128, 1);
        using var run = new TierRun();
        var computed = run.Answer(prompt);
        run.Forget();
        Assert.Equal(computed, run.Answer(prompt));
        Assert.Equal(127, run.Counters.LoadedTokens);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void Load_ContinuesWhatThePoolHas()
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun();
        var computed = run.Answer(prompt);
        run.Forget();
        run.Answer(prompt[..40]); // ends inside a block, and inside a chunk
        Assert.Equal(32, run.Counters.LoadedTokens);
        var sequence = run.Submit(prompt);
        run.Run.Finish();
        Assert.Equal(computed, sequence.LogitDigests!);
        Assert.Equal([SpanOrigin.Shared, SpanOrigin.Loaded, SpanOrigin.Computed], sequence.FirstSpans!.Select(span => span.Origin));
        run.CheckNothingLeaks();
    }

    [Fact]
    public void AnotherSalt_FindsNothing()
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun();
        run.Answer(prompt);
        run.Forget();
        var other = run.Run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 2, CacheSalt = new byte[] { 1 } });
        run.Run.Finish();
        Assert.Equal((0, 0L), (other.ReusedTokens, run.Counters.Loads));
        run.CheckNothingLeaks();
    }

    [Fact]
    public void SecondRequestForTheSameRows_WaitsForTheFirstLoad()
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun();
        var computed = run.Answer(prompt);
        run.Forget();
        var first = run.Submit(prompt);
        var second = run.Submit(prompt);
        run.Run.Finish();
        Assert.Equal(computed, first.LogitDigests!);
        Assert.Equal(computed, second.LogitDigests!);
        Assert.Equal(1, run.Counters.Loads);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void LoadThatIsSlowerThanComputing_IsNotBegun()
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun();
        var computed = run.Answer(prompt);
        run.Forget();
        run.Run.Loop.Tiers!.ComputeRate.Add(1e12, 1e-3);
        Assert.Equal(computed, run.Answer(prompt));
        Assert.Equal((0L, 1L), (run.Counters.Loads, run.Counters.ComputedInstead));
        run.CheckNothingLeaks();
    }

    [Fact]
    public void ChunksAreStoredAtTheirSecondUse_WhenAskedTo()
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun(tiers: options => options with { Moves = options.Moves with { StoreAfterUses = 2 } });
        run.Answer(prompt);
        run.Forget();
        Assert.Equal(0, run.Tier.Status.Objects);
        run.Answer(prompt);
        run.Forget();
        Assert.Equal(4, run.Tier.Status.Objects);
    }

    [Fact]
    public void CancelledWhileLoading_HoldsNothing()
    {
        var prompt = TinyModel.Tokens(150, 1);
        using var run = new TierRun();
        run.Answer(prompt);
        run.Forget();
        var sequence = run.Submit(prompt);
        run.Run.Loop.Step();
        run.Run.Loop.Cancel([sequence]);
        run.Run.Finish();
        Assert.Equal(FinishReason.Cancelled, sequence.Output.Finish);
        run.CheckNothingLeaks();
    }
}

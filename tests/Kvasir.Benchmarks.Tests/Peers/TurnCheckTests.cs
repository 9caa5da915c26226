using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Tests.Peers;

public sealed class TurnCheckTests
{
    [Fact]
    public void Median_IsTheMiddleOrTheMeanOfTheTwoInTheMiddle()
    {
        Assert.Equal(3, Samples.Median([9, 1, 3]));
        Assert.Equal(2.5, Samples.Median([4, 1, 2, 3]));
        Assert.Throws<ArgumentException>(() => Samples.Median([]));
    }

    [Fact]
    public void APromptAsLongAsTheContext_LeavesRoomForItsAnswer()
    {
        var prefill = new TurnCheck(CheckKind.Prefill, 8192);
        Assert.True(prefill.Fits(8192));
        Assert.False(prefill.Fits(8191));
        Assert.Equal(8191, prefill.Turn(32, 1, 8192, 1000).PromptTokens);
        Assert.Equal(8192, prefill.Turn(32, 1, 8193, 1000).PromptTokens);
        var decode = new TurnCheck(CheckKind.Decode, 8192).Turn(32, 1, 8192, 1000);
        Assert.Equal(8192, decode.Context);
        Assert.Equal(33, decode.Answer);
        Assert.Single(new TurnCheck(CheckKind.Decode, 0).Turn(32, 1, 8192, 1000).Prompts[0]);
    }

    [Fact]
    public void APrefillsPrompt_IsTheBeginningOfALongerOne_SoThatDecodingFindsIt()
    {
        var longer = new TurnCheck(CheckKind.Prefill, 8192).Turn(32, 1, 9000, 1000).Prompts[0];
        Assert.Equal(longer[..2048], new TurnCheck(CheckKind.Decode, 2048).Turn(32, 1, 9000, 1000).Prompts[0]);
        Assert.All(longer, token => Assert.InRange(token, 300, 999));
    }

    [Fact]
    public void SequencesOfABatch_ShareNothing()
    {
        var turn = new TurnCheck(CheckKind.Batch, 16).Turn(32, 1, 9000, 1000);
        Assert.Equal(16, turn.Prompts.Select(prompt => prompt[0]).Distinct().Count());
    }

    [Fact]
    public void ARate_IsOfThePromptOrOfTheAnswers()
    {
        var prefill = new TurnCheck(CheckKind.Prefill, 128);
        Assert.Equal(64, prefill.Rate(prefill.Turn(32, 1, 9000, 1000), new TurnTime(2000, 1, 5)));
        var batch = new TurnCheck(CheckKind.Batch, 4);
        Assert.Equal(128, batch.Rate(batch.Turn(32, 1, 9000, 1000), new TurnTime(2000, 1000, 128)));
    }

    [Fact]
    public void AQuickRun_HasChecksThatThereAre() => Assert.Subset(PeerBenchmarkOptions.AllChecks.ToHashSet(), PeerBenchmarkOptions.QuickChecks.ToHashSet());
}

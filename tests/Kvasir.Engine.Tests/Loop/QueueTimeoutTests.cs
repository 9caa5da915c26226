using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Loop;

public sealed class QueueTimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task RequestThatWaitsLonger_FailsForAllItsAnswers_AndTheOthersGoOn()
    {
        using var run = Run();
        var running = run.Submit(Request(1, null));
        run.Loop.Step();
        var late = run.Submit(Request(2, Limit) with { Choices = 3 });
        var forks = late.Forks!.ToArray();
        var patient = run.Submit(Request(3, null));
        _time.Advance(Limit);
        run.Loop.Step();
        Assert.Equal(SequenceStatus.Waiting, late.Status);

        _time.Advance(TimeSpan.FromTicks(1));
        run.Loop.Step();
        foreach (var sequence in forks.Prepend(late))
        {
            Assert.Equal(FinishReason.Failed, sequence.Output.Finish);
            var error = await Assert.ThrowsAsync<QueueTimeoutException>(async () => await sequence.Output.WaitAsync(0));
            Assert.Equal(Limit, error.Timeout);
            Assert.Contains("10 s", error.Message, StringComparison.Ordinal);
        }

        run.Finish();
        Assert.Equal((FinishReason.Length, FinishReason.Length), (running.Output.Finish, patient.Output.Finish));
        Assert.Equal(TimeSpan.Zero, late.Output.Statistics!.TimeToFirstToken - late.Output.Statistics.TotalTime);
    }

    [Fact]
    public void AdmittedRequest_IsNeverTooLate_NotEvenPreempted()
    {
        using var run = Run();
        var sequence = run.Submit(Request(1, Limit));
        run.Loop.Step();
        run.Loop.Preempt(sequence);
        var other = run.Submit(Request(2, null));
        _time.Advance(100 * Limit);
        run.Finish();
        Assert.Equal((FinishReason.Length, FinishReason.Length), (sequence.Output.Finish, other.Output.Finish));
    }

    [Fact]
    public void FurtherAnswersOfAnAdmittedRequest_WaitForTheirPlaceAsLongAsItTakes()
    {
        using var run = Run();
        var first = run.Submit(Request(1, Limit) with { Choices = 3 });
        var forks = first.Forks!.ToArray();
        run.Loop.Step();
        _time.Advance(100 * Limit);
        run.Finish();
        Assert.All(forks, fork => Assert.Equal(FinishReason.Length, fork.Output.Finish));
    }

    [Fact]
    public void FurtherAnswersOfARequestWhoseFirstWasCancelledUnderWay_AreNotTooLateEither()
    {
        using var run = Run();
        var first = run.Submit(Request(1, Limit, prompt: 40) with { Choices = 2 });
        var fork = first.Forks![0];
        run.Loop.Step();
        Assert.NotNull(first.Forks);
        var blocking = run.Submit(Request(2, null));
        run.Loop.Cancel([first]);
        _time.Advance(100 * Limit);
        run.Finish();
        Assert.Equal((FinishReason.Length, FinishReason.Length), (fork.Output.Finish, blocking.Output.Finish));
    }

    [Fact]
    public void RequestThatFindsRoomAtOnce_IsNotTooLate_HoweverShortTheLimit()
    {
        using var run = Run();
        var sequence = run.Submit(Request(1, TimeSpan.Zero));
        _time.Advance(Limit);
        run.Finish();
        Assert.Equal(FinishReason.Length, sequence.Output.Finish);
    }

    [Fact]
    public void NegativeLimit_IsRefused()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var error = Assert.Throws<ArgumentException>(() => engine.Submit(Request(1, TimeSpan.FromSeconds(-1))));
        Assert.Contains("QueueTimeout", error.Message, StringComparison.Ordinal);
    }

    private LoopRun Run() => new(new EngineOptions { BlockRows = 16, Threads = 1, MaxSequences = 1, MaxBatchTokens = 16, Time = _time }, 12);

    private static GenerationRequest Request(int seed, TimeSpan? limit, int prompt = 8) => new()
    {
        Prompt = TinyModel.Tokens(prompt, seed),
        MaxTokens = 6,
        IgnoreStopTokens = true,
        QueueTimeout = limit,
    };
}

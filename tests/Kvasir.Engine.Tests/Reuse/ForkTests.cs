using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class ForkTests
{
    private static readonly SamplingOptions Sampling = new() { Temperature = 1, Seed = 7 };

    [Fact]
    public async Task Choices_ShareThePromptsRows_AndDiffer()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        using var generation = engine.Submit(Request(4, 100, 10));
        var answers = await generation.CompleteAsync();

        // The prompt once, then nine more rows an answer: the last token of each has none.
        Assert.Equal(100 + (4 * 9), (await engine.GetStatusAsync()).ComputedRows);
        Assert.Equal(4, answers.Select(answer => string.Join(',', answer.Tokens)).Distinct().Count());
        Assert.All(answers.Skip(1), answer => Assert.Equal(100, answer.Statistics.ReusedTokens));
    }

    [Fact]
    public async Task Choice_DoesNotDependOnHowManyThereAre()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        using var two = engine.Submit(Request(2, 33, 12));
        using var six = engine.Submit(Request(6, 33, 12));
        var few = await two.CompleteAsync();
        var many = await six.CompleteAsync();
        for (var i = 0; i < few.Count; i++)
        {
            Assert.Equal(few[i].Tokens, many[i].Tokens);
            Assert.Equal(few[i].Receipt!.LogitDigests, many[i].Receipt!.LogitDigests);
        }
    }

    [Fact]
    public async Task MoreChoicesThanSequences_AreAnsweredOneAfterAnother()
    {
        using var narrow = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxSequences = 2 });
        using var wide = KvasirEngine.Load(TinyModel.Llama);
        using var slow = narrow.Submit(Request(7, 45, 6));
        using var fast = wide.Submit(Request(7, 45, 6));
        var expected = await fast.CompleteAsync();
        var actual = await slow.CompleteAsync();
        Assert.Equal(expected.Select(answer => answer.Tokens), actual.Select(answer => answer.Tokens));
    }

    [Fact]
    public async Task CancelledChoice_LeavesTheOthers()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        using var generation = engine.Submit(Request(3, 60, 100));
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generation.Choices[0].CompleteAsync(cancellation.Token));
        Assert.Equal(100, (await generation.Choices[1].CompleteAsync()).Tokens.Count);
        Assert.Equal(100, (await generation.Choices[2].CompleteAsync()).Tokens.Count);
    }

    private static GenerationRequest Request(int choices, int promptTokens, int maxTokens) => new()
    {
        Prompt = TinyModel.Tokens(promptTokens, 11),
        MaxTokens = maxTokens,
        Choices = choices,
        IgnoreStopTokens = true,
        Sampling = Sampling,
        WantReceipt = true,
    };
}

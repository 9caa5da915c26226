using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Xunit.Abstractions;

namespace Kvasir.Engine.Tests.Tiers;

/// <summary>What the ghost index predicts for the memory that there is, against what the engine really found in it.</summary>
public sealed class AdviceTests(ITestOutputHelper output)
{
    private const int Documents = 16;
    private const int DocumentTokens = 128;
    private const int Requests = 400;

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    public void PredictionForTheMemoryThatThereIs_IsWhatWasFound(int blocks)
    {
        using var run = new LoopRun(new EngineOptions { BlockRows = 16, Threads = 1 }, blocks);
        var random = new Random(3);
        var documents = Enumerable.Range(0, Documents).Select(i => TinyModel.Tokens(DocumentTokens, 200 + i)).ToArray();
        for (var i = 0; i < Requests; i++)
        {
            // The first documents are asked about most.
            var document = documents[(int)(Documents * Math.Pow(random.NextDouble(), 2))];
            run.Submit(new GenerationRequest { Prompt = new[] { document, TinyModel.Tokens(16, 1000 + i) }.SelectMany(part => part).ToArray(), MaxTokens = 1 });
            run.Finish();
        }

        var status = run.Loop.Status;
        var found = (double)status.ReusedTokens / status.PromptTokens;
        var predicted = status.Advice[0].HitRate;
        output.WriteLine($"found {found:P1}, predicted {predicted:P1}; with more memory {status.Advice[1].HitRate:P1}");
        Assert.InRange(predicted - found, -0.02, 0.02);
        Assert.True(status.Advice[^1].HitRate > predicted);
    }
}

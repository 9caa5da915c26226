using Kvasir.Engine;
using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Tests;

public sealed class InFlightSharingTests
{
    [Fact]
    public async Task SixteenSimultaneousPromptsWithA4KPrefix_ComputeAtMostFivePercentMore()
    {
        var random = new Random(5);
        var prefix = Enumerable.Range(0, 4096).Select(_ => random.Next(16, 16_000)).ToArray();
        using var engine = KvasirEngine.Load(RepositoryFile.Find("models", "kvasir-mini-draft.gguf"));
        var generations = Enumerable.Range(0, 16)
            .Select(i => engine.Submit(new GenerationRequest { Prompt = (int[])[.. prefix, 100 + i], MaxTokens = 1 }))
            .ToArray();
        foreach (var generation in generations)
            await generation.CompleteAsync();
        Assert.InRange((await engine.GetStatusAsync()).ComputedRows, 4096 + 16, (long)(1.05 * 4096));
    }
}

using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(0f)]
    [InlineData(0.8f)]
    public void DecodeStep_AllocatesNothing(float temperature)
    {
        var options = new EngineOptions { Threads = 2, BlockRows = 16 };
        using var model = LoadedModel.Open(TinyModel.Llama, options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 64 });
        using var loop = new EngineLoop(model, pool, options);
        for (var i = 0; i < 3; i++)
        {
            var request = new GenerationRequest
            {
                Prompt = TinyModel.Tokens(20, i),
                MaxTokens = 200,
                IgnoreStopTokens = true,
                Sampling = new SamplingOptions { Temperature = temperature, TopP = 0.95f, Seed = 5 },
            };
            loop.Submit(new Sequence(request, model.Scope(default), 0, 200, new TokenStream(200, null), i, 0));
        }

        // Past the prompt, past the first growth of every list, past tiered compilation's first calls.
        for (var step = 0; step < 90; step++)
            Assert.True(loop.Step());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 64; step++)
            loop.Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

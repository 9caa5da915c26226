using Kvasir.Engine.Adapters;
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
    [InlineData(0f, false)]
    [InlineData(0.8f, false)]
    [InlineData(0f, true)]
    public void DecodeStep_AllocatesNothing(float temperature, bool adapters)
    {
        var options = new EngineOptions { Threads = 2, BlockRows = 16 };
        using var model = LoadedModel.Open(TinyModel.Llama, options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 64 });
        using var loop = new EngineLoop(model, pool, options);
        using var folder = new TestModel();
        using var set = new AdapterSet(model);
        set.Load("a", new TestAdapter(model.Config, 1).WritePeft(Path.Combine(folder.Folder, "a")), 1);
        set.Load("b", new TestAdapter(model.Config, 2, rank: 7).WritePeft(Path.Combine(folder.Folder, "b")), 1);
        for (var i = 0; i < 4; i++)
        {
            var request = new GenerationRequest
            {
                Prompt = TinyModel.Tokens(20, i),
                MaxTokens = 200,
                IgnoreStopTokens = true,
                Sampling = new SamplingOptions { Temperature = temperature, TopP = 0.95f, Seed = 5 },
            };

            // The rows of one adapter stand on both sides of the bare model's.
            var adapter = adapters && i != 1 ? set.Acquire(i < 3 ? "a" : "b", 1) : null;
            loop.Submit(new Sequence(request, model.Scope(default, adapter?.ScopeText), 0, 200, new TokenStream(200, null), i, 0)
            {
                Adapter = adapter,
            });
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

using System.Runtime.InteropServices;
using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Tests.Adapters;

public sealed class AdapterPolicyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-adapters-").FullName;

    [Fact]
    public void AdapterFollowsItsRows_WhenOthersLeaveTheBatch()
    {
        // Adapted rows stand before and behind those of the bare model; most rows of the first sequence leave at layer 1.
        (string? Adapter, bool Thins)[] crowd = [("raven", true), (null, false), ("raven", false), ("wolf", true), (null, true), ("wolf", false)];
        var together = Run(crowd);
        for (var i = 0; i < crowd.Length; i++)
        {
            var only = new (string?, bool)?[crowd.Length];
            only[i] = crowd[i];
            Assert.Equal(Run(only)[i], together[i]);
        }

        Assert.NotEqual(together[0], together[2]);
        Assert.NotEqual(together[1], together[2]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private byte[][] Run((string? Adapter, bool Thins)[] sequences) => Run([.. sequences.Select(sequence => ((string?, bool)?)sequence)]);

    /// <summary>Logits of each sequence that takes part, all with the same prompt.</summary>
    private byte[][] Run((string? Adapter, bool Thins)?[] sequences)
    {
        var options = new EngineOptions { Threads = 2, BlockRows = 16 };
        using var model = LoadedModel.Open(TinyModel.Llama, options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 64, PoisonFreedRows = true });
        using var adapters = new AdapterSet(model);
        adapters.Load("raven", new TestAdapter(model.Config, 1).WritePeft(Path.Combine(_folder, "raven")), 1);
        adapters.Load("wolf", new TestAdapter(model.Config, 2, rank: 9).WritePeft(Path.Combine(_folder, "wolf")), 1);
        using var loop = new EngineLoop(model, pool, options);
        var logits = sequences.Select(_ => new MemoryStream()).ToArray();
        loop.Observer = (sequence, row) => logits[sequence.Arrival].Write(MemoryMarshal.AsBytes(row));
        for (var i = 0; i < sequences.Length; i++)
        {
            if (sequences[i] is not { } drawn)
                continue;
            var request = new GenerationRequest
            {
                Prompt = TinyModel.Tokens(50, 12),
                MaxTokens = 6,
                IgnoreStopTokens = true,
                UsePrefixCache = false,
                LayerPolicy = drawn.Thins ? () => new ThinningPolicy() : null,
            };
            var adapter = drawn.Adapter is null ? null : adapters.Acquire(drawn.Adapter, 1);
            loop.Submit(new Sequence(request, model.Scope(default, adapter?.ScopeText), 0, 6, new TokenStream(6, null), i, 0) { Adapter = adapter });
        }

        while (!loop.IsIdle)
            Assert.True(loop.Step());
        Assert.All(adapters.Infos, adapter => Assert.Equal(0, adapter.Sequences));
        return [.. logits.Select(stream => stream.ToArray())];
    }

    private sealed class ThinningPolicy : ILayerPolicy
    {
        public string Name => "thinning";

        public bool AllowsPrefixReuse => false;

        public void AfterKeysValues(in LayerContext context, LayerDecision decision)
        {
            if (context.Layer == 1 && context.Positions.Length > 1)
                decision.ContinueWith([3, 4, 20, context.Positions.Length - 1]);
        }

        public void AfterAttention(in LayerContext context, LayerDecision decision)
        {
            if (context.Layer == 1 && context.Positions.Length > 1)
                decision.ContinueWith([context.Positions.Length - 1]);
        }
    }
}

using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Policies;

public sealed class LayerPolicyTests
{
    private const int Layers = 3;
    private const int KeyWidth = 32;

    [Fact]
    public void PolicyThatChangesNothing_GivesTheBitsOfPlainDecoding()
    {
        var plain = Run(null, 64);
        var watched = Run(() => new TestPolicy(), 64);
        Assert.Equal(plain.Logits, watched.Logits);
    }

    [Fact]
    public void Trim_KeepsTheNamedRowsOfEachLayer_AndTheBitsDoNotDependOnChunks()
    {
        // At 40 tokens, layer l keeps every (l + 2)nd row and the last eight.
        Func<ILayerPolicy> policy = () => new TestPolicy
        {
            SelectionPoint = 40,
            Keep = (layer, stored) => [.. Enumerable.Range(0, stored).Where(row => row % (layer + 2) == 0 || row >= stored - 8)],
        };
        var expected = Run(policy, 64);
        for (var layer = 0; layer < Layers; layer++)
        {
            var kept = Enumerable.Range(0, 40).Count(row => row % (layer + 2) == 0 || row >= 32);
            Assert.Equal(kept + (expected.Rows - 40), expected.StoredRows[layer]);
        }

        Assert.NotEqual(Run(null, 64).Logits, expected.Logits);
        foreach (var chunk in new[] { 1, 7, 13, 40 })
            Assert.Equal(expected.Logits, Run(policy, chunk).Logits);
    }

    [Fact]
    public void RowsThatDoNotGoOn_HaveNoRowsInTheLayersAbove()
    {
        // From layer 1 on, only every third row of the prompt and its last one are computed.
        var result = Run(
            () => new TestPolicy
            {
                SelectionPoint = 50,
                ContinueAfterKeysValues = (layer, positions) => layer != 1 || positions.Length == 1
                    ? null
                    : [.. Enumerable.Range(0, positions.Length).Where(row => positions[row] % 3 == 0 || positions[row] == 49)],
            },
            64);
        var selected = Enumerable.Range(0, 50).Count(position => position % 3 == 0 || position == 49);
        var answered = result.Rows - 50;
        Assert.Equal([50 + answered, 50 + answered, selected + answered], result.StoredRows);
    }

    [Fact]
    public void RowsThatStopAfterAttention_LeaveTheFeedForwardPart()
    {
        var result = Run(
            () => new TestPolicy
            {
                SelectionPoint = 50,
                ContinueAfterAttention = (layer, positions) => layer != 0 || positions.Length == 1 ? null : [positions.Length - 1],
            },
            64);
        var answered = result.Rows - 50;
        Assert.Equal([50 + answered, 1 + answered, 1 + answered], result.StoredRows);
    }

    [Fact]
    public void Patch_OverwritesTheStoredRow()
    {
        var patched = false;
        Func<ILayerPolicy> policy = () => new TestPolicy
        {
            SelectionPoint = 50,
            Patch = (layer, decision) =>
            {
                if (layer == 1 && !patched)
                {
                    patched = true;
                    decision.Patch(7, new float[KeyWidth], [.. Enumerable.Repeat(3f, KeyWidth)]);
                }
            },
        };
        Assert.NotEqual(Run(null, 64).Logits, Run(policy, 64).Logits);
        Assert.True(patched);
    }

    [Fact]
    public void LastRowOfAPromptThatDoesNotGoOn_FailsWithAReason()
    {
        var error = Assert.Throws<EngineFailedException>(() => Run(
            () => new TestPolicy { ContinueAfterKeysValues = (_, positions) => positions.Length > 1 ? [0] : null }, 64));
        Assert.Contains("give logits", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PolicyThatMustSeeEveryRow_GetsNoPrefixHit()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(64, 3);
        using var first = engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 2 });
        await first.CompleteAsync();
        Assert.Equal(0, await Reused(new TestPolicy { Reuses = false }));
        Assert.Equal(63, await Reused(new TestPolicy { Reuses = true }));

        async Task<int> Reused(TestPolicy policy)
        {
            using var generation = engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 2, LayerPolicy = () => policy });
            return (await generation.CompleteAsync())[0].Statistics.ReusedTokens;
        }
    }

    private sealed record RunResult(byte[] Logits, int Rows, int[] StoredRows);

    private static RunResult Run(Func<ILayerPolicy>? policy, int chunk)
    {
        var options = new EngineOptions { Threads = 2, BlockRows = 16, MaxBatchTokens = chunk, KvType = KvDataType.F32 };
        using var model = LoadedModel.Open(TinyModel.Llama, options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 32, PoisonFreedRows = true });
        using var loop = new EngineLoop(model, pool, options);
        var logits = new MemoryStream();
        loop.Observer = (_, row) => logits.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(row));
        var stored = new int[Layers];
        var rows = 0;
        loop.BeforeRelease = sequence =>
        {
            rows = sequence.ComputedLength;
            for (var layer = 0; layer < Layers; layer++)
                stored[layer] = sequence.Table!.Rows(layer);
        };
        var request = new GenerationRequest
        {
            Prompt = TinyModel.Tokens(50, 12),
            MaxTokens = 12,
            IgnoreStopTokens = true,
            UsePrefixCache = false,
            LayerPolicy = policy,
        };
        loop.Submit(new Sequence(request, model.Scope(default), 0, 12, new TokenStream(12, null), 0, 0));
        while (!loop.IsIdle)
            Assert.True(loop.Step());
        Assert.Equal(0, pool.UsedBlocks);
        pool.CheckIntegrity();
        return new RunResult(logits.ToArray(), rows, stored);
    }

    private sealed class TestPolicy : ILayerPolicy
    {
        private readonly HashSet<int> _trimmed = [];

        public string Name => "test";

        public bool AllowsPrefixReuse => Reuses;

        public bool Reuses { get; init; } = true;

        public int SelectionPoint { get; init; } = int.MaxValue;

        public Func<int, int, int[]>? Keep { get; init; }

        public Func<int, int[], int[]?>? ContinueAfterKeysValues { get; init; }

        public Func<int, int[], int[]?>? ContinueAfterAttention { get; init; }

        public Action<int, LayerDecision>? Patch { get; init; }

        public int NextSelectionPoint(int length) => length < SelectionPoint ? SelectionPoint : int.MaxValue;

        public void AfterKeysValues(in LayerContext context, LayerDecision decision)
        {
            if (ContinueAfterKeysValues?.Invoke(context.Layer, context.Positions.ToArray()) is { } rows)
                decision.ContinueWith(rows);
            Patch?.Invoke(context.Layer, decision);
        }

        public void AfterAttention(in LayerContext context, LayerDecision decision)
        {
            if (ContinueAfterAttention?.Invoke(context.Layer, context.Positions.ToArray()) is { } rows)
                decision.ContinueWith(rows);
            if (Keep is not null && context.Length == SelectionPoint && _trimmed.Add(context.Layer))
                decision.Keep(Keep(context.Layer, context.StoredRows));
        }
    }
}

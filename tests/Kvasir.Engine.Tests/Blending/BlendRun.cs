using Kvasir.Engine.Blending;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Scheduling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tiers;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Blending;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Blending;

/// <summary>An engine loop that keeps the logits of every answer, and prompts made of chunks.</summary>
internal sealed class BlendRun : IDisposable
{
    public const int ChunkLength = 40;

    private readonly Dictionary<Sequence, List<float[]>> _logits = [];

    public BlendRun(int blocks = 256, int batch = 64, KvDataType type = KvDataType.F32, int threads = 1, AuditOptions? audit = null, TierOptions? tiers = null, string? blendFault = null, ISchedulingPolicy? scheduling = null, int sequences = 8)
    {
        Loop = new LoopRun(new EngineOptions { Threads = threads, BlockRows = 16, MaxBatchTokens = batch, MaxSequences = sequences, KvType = type, PoisonFreedRows = true, Audit = audit ?? new(), Tiers = tiers, BlendFault = blendFault, Scheduling = scheduling ?? new FirstComeScheduling() }, blocks);
        Loop.Loop.Observer = (sequence, logits) =>
        {
            if (!_logits.TryGetValue(sequence, out var rows))
                _logits[sequence] = rows = [];
            rows.Add(logits.ToArray());
        };
    }

    public LoopRun Loop { get; }

    public static int[] Chunk(int seed) => TinyModel.Tokens(ChunkLength, 1000 + seed);

    /// <summary>[head][chunk][gap][chunk]...[question]: every chunk is a part; gaps of three tokens stand between them.</summary>
    public static (int[] Tokens, ChunkPart[] Parts) Prompt(int head, int[] chunks, int question = 7, int seed = 1)
    {
        var tokens = new List<int>(TinyModel.Tokens(head, seed));
        var parts = new List<ChunkPart>();
        foreach (var chunk in chunks)
        {
            parts.Add(new ChunkPart(tokens.Count, ChunkLength));
            tokens.AddRange(Chunk(chunk));
            tokens.AddRange(TinyModel.Tokens(3, chunk + 77));
        }

        tokens.AddRange(TinyModel.Tokens(question, seed + 5));
        return ([.. tokens], [.. parts]);
    }

    public static GenerationRequest Request((int[] Tokens, ChunkPart[] Parts) prompt, IBlendPolicy? policy, int answer = 4, bool prefix = false, bool store = true) => new()
    {
        Prompt = prompt.Tokens,
        MaxTokens = answer,
        IgnoreStopTokens = true,
        UsePrefixCache = prefix,
        Blending = policy is null ? null : new BlendRequest { Policy = policy, Parts = prompt.Parts, Store = store, MinTokens = 1 },
    };

    /// <summary>Runs requests together; the logits of each one's answer.</summary>
    public List<(Sequence Sequence, List<float[]> Logits)> Run(params GenerationRequest[] requests)
    {
        var sequences = requests.Select(Loop.Submit).ToList();
        Loop.Finish();
        return [.. sequences.Select(sequence => (sequence, _logits[sequence]))];
    }

    /// <summary>Computes each chunk alone behind a start token, so that it is kept.</summary>
    public void Warm(params int[] chunks)
    {
        foreach (var chunk in chunks)
            Run(Request(([3, .. Chunk(chunk)], [new ChunkPart(1, ChunkLength)]), new FixedPolicy(0), answer: 1));
    }

    public static float Difference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    public void Dispose() => Loop.Dispose();
}

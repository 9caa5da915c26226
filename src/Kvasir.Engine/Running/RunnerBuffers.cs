using Kvasir.Compute;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Running;

/// <summary>Activations of a step, allocated once for the largest step.</summary>
internal sealed unsafe class RunnerBuffers : IDisposable
{
    private readonly List<NativeBuffer> _owned = [];

    public RunnerBuffers(ModelConfig config, IComputeBackend backend, int maxRows, int maxSequences, int maxLogitRows)
    {
        MaxRows = maxRows;
        QueryWidth = config.QueryHeads * config.CacheHeadDim;
        KeyWidth = config.CacheHeads * config.CacheHeadDim;
        QkvWidth = QueryWidth + (2 * KeyWidth);
        Hidden = Floats(maxRows, config.HiddenSize);
        HiddenSpare = Floats(maxRows, config.HiddenSize);
        Normed = Floats(maxRows, config.HiddenSize);
        Qkv = Floats(maxRows, QkvWidth);
        QkvSpare = Floats(maxRows, QkvWidth);
        Attention = Floats(maxRows, QueryWidth);
        AttentionSpare = Floats(maxRows, QueryWidth);
        LogSumExp = Floats(maxRows, config.QueryHeads);
        Projected = Floats(maxRows, config.HiddenSize);
        GateUp = Floats(maxRows, 2 * config.WidestFeedForward);
        Gated = Floats(maxRows, config.WidestFeedForward);
        Second = config.ParallelResidual || config.Experts is not null ? Floats(maxRows, config.HiddenSize) : null;
        Logits = Floats(maxLogitRows, config.VocabSize);
        Writes = (KvWriteRow*)Take((nuint)maxRows * (nuint)sizeof(KvWriteRow));
        Queries = (QueryRow*)Take((nuint)maxRows * (nuint)sizeof(QueryRow));
        Views = (KvView*)Take((nuint)(maxSequences + maxRows) * (nuint)sizeof(KvView));

        float* Floats(int rows, int width) => (float*)Take((nuint)rows * (nuint)width * sizeof(float));

        byte* Take(nuint bytes)
        {
            var buffer = backend.Allocate(bytes);
            _owned.Add(buffer);
            return buffer.Pointer;
        }
    }

    public int MaxRows { get; }

    public int QueryWidth { get; }

    public int KeyWidth { get; }

    public int QkvWidth { get; }

    public float* Hidden { get; private set; }

    public float* HiddenSpare { get; private set; }

    public float* Normed { get; }

    public float* Qkv { get; private set; }

    public float* QkvSpare { get; private set; }

    public float* Attention { get; private set; }

    public float* AttentionSpare { get; private set; }

    public float* LogSumExp { get; }

    public float* Projected { get; }

    /// <summary>What a feed-forward block gives beside <see cref="Projected"/>, <c>[rows, hidden]</c>; null when no layer needs it.</summary>
    public float* Second { get; }

    public float* GateUp { get; }

    public float* Gated { get; }

    public float* Logits { get; }

    public KvWriteRow* Writes { get; }

    public QueryRow* Queries { get; }

    /// <summary>Views of whole sequences, then of what some of their rows read.</summary>
    public KvView* Views { get; }

    public void SwapHidden()
    {
        var hidden = Hidden;
        Hidden = HiddenSpare;
        HiddenSpare = hidden;
    }

    public void SwapQkv()
    {
        var qkv = Qkv;
        Qkv = QkvSpare;
        QkvSpare = qkv;
    }

    public void SwapAttention()
    {
        var attention = Attention;
        Attention = AttentionSpare;
        AttentionSpare = attention;
    }

    public void Dispose()
    {
        foreach (var buffer in _owned)
            buffer.Dispose();
    }
}

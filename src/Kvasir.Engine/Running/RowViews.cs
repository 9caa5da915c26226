using Kvasir.Engine.Loading;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Running;

/// <summary>Where the rows of a step are written, what they read and what they see, layer by layer.</summary>
internal sealed unsafe class RowViews(LoadedModel model, RunnerBuffers buffers, ActiveRows active) : IDisposable
{
    private readonly SegmentArena _uniformSegments = new();
    private readonly SegmentArena _layerSegments = new();

    /// <summary>A uniform table's segments are the same in every layer, up to the slice's offset.</summary>
    public void BeginStep(StepBatch batch)
    {
        _uniformSegments.Clear();
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            if (sequences[i].Table.IsUniform)
                buffers.Views[i] = sequences[i].Table.BuildView(0, _uniformSegments);
        }
    }

    /// <summary>Stores the keys and values of the active rows, which lie behind the queries in the buffer.</summary>
    public void Write(StepBatch batch, int kvLayer)
    {
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            var (first, count) = active.Part(i);
            for (var row = first; row < first + count; row++)
                buffers.Writes[row] = sequences[i].Table.WriteTarget(kvLayer, active.Positions[row]);
        }

        var keys = buffers.Qkv + buffers.QueryWidth;
        model.Backend.WriteKv(
            keys, keys + buffers.KeyWidth, buffers.QkvWidth, new ReadOnlySpan<KvWriteRow>(buffers.Writes, active.Count), model.Layout);
    }

    /// <summary>Builds the views and queries of the active rows.</summary>
    public void Build(StepBatch batch, int layer, int kvLayer)
    {
        _layerSegments.Clear();
        var window = model.Config.Layer(layer).Window;
        var sequences = batch.Sequences;
        for (var i = 0; i < sequences.Length; i++)
        {
            var (first, count) = active.Part(i);
            if (sequences[i].Table.IsUniform)
                buffers.Views[i].SliceOffset = kvLayer * buffers.Views[i].LayerStride;
            else if (count > 0)
                buffers.Views[i] = sequences[i].Table.BuildView(kvLayer, _layerSegments);
            for (var row = first; row < first + count; row++)
            {
                buffers.Queries[row] = model.Config.Encoder is null
                    ? new QueryRow
                    {
                        View = i,
                        Position = active.Positions[row],
                        Visibility = window > 0 ? VisibilityKind.Window : VisibilityKind.Causal,
                        Window = window,
                    }
                    : BothSides(i, active.Positions[row], window, sequences[i].PromptLength);
            }
        }
    }

    /// <summary>A row of an encoder sees its whole text, or half a window before it and as much behind it.</summary>
    private static QueryRow BothSides(int view, int position, int window, int length) => new()
    {
        View = view,
        Position = position,
        Visibility = VisibilityKind.Range,
        RangeStart = window == 0 ? 0 : Math.Max(0, position - (window / 2)),
        RangeEnd = window == 0 ? length : (int)Math.Min(length, position + (window / 2) + 1L),
    };

    public void Dispose()
    {
        _uniformSegments.Dispose();
        _layerSegments.Dispose();
    }
}

using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Virtual;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Compression;

/// <summary>Refuses what compression cannot be combined with (guarantee G3), and budgets that are none.</summary>
internal static class CompressionLimits
{
    /// <exception cref="ArgumentException">Says what cannot be.</exception>
    public static void Check(GenerationRequest request, ModelConfig config, KvLayout layout, KvMemory kvMemory, int stepRows)
    {
        if (request.Compression is not { } compression)
            return;
        var what = $"KV compression ({compression.Policy.Name})";
        if (request.Blending is not null || request.Given is not null)
            throw new ArgumentException($"{what} and chunk reuse cannot be combined: shared chunks are never rewritten; leave one of the two out", nameof(request));
        if (request.LayerPolicy is not null)
            throw new ArgumentException($"{what} and a layer policy cannot be combined: both need the sequence's table; leave one of the two out", nameof(request));
        if (request.Capture is not null)
            throw new ArgumentException($"{what} drops rows that Capture wants to see; leave one of the two out", nameof(request));
        if (request.WantReceipt)
            throw new ArgumentException($"a receipt proves that an answer has the bits of a cold run, and an answer with {what} has not; leave out WantReceipt or the compression", nameof(request));
        if (WhyNot(config, kvMemory) is { } reason)
            throw new ArgumentException($"{what} cannot be used here: {reason}", nameof(request));
        if (compression.Policy.Packing is { } packing && PackedRowStore.WhyNot(layout, packing) is { } obstacle)
            throw new ArgumentException($"{what} cannot be used here: {obstacle}", nameof(request));
        if (compression.Policy.Packing is not null && compression.Cascade)
            throw new ArgumentException($"{what} packs rows when all layers are through, and a cascade hands memory on before; leave out Cascade", nameof(request));
        if (compression is { Policy.Packing.Ranks: not null, Rows: not null })
            throw new ArgumentException($"{what} keeps all rows, and is told a share of their bytes: set Share, and leave out Rows", nameof(request));
        if (compression.Rows is < 1)
            throw new ArgumentException($"{what}: Rows is {compression.Rows}; allowed: 1 or more", nameof(request));
        if (compression.Share is not (> 0 and <= 1))
            throw new ArgumentException($"{what}: Share is {compression.Share}; allowed: above 0, up to 1", nameof(request));
        if (compression.Point is { } point && (point < 1 || point > request.Prompt.Length))
            throw new ArgumentException($"{what}: Point is {point}; allowed: 1 to the {request.Prompt.Length} tokens of the prompt", nameof(request));
        var length = compression.Point ?? request.Prompt.Length;
        var shape = new CompressionShape(config.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, compression.BudgetOf(length));
        var compressor = compression.Policy.Start(shape);
        if (compressor.ShiftedRows > 0 && config.WhyRowsStay() is { } fixedPositions)
            throw new ArgumentException($"{what} reads rows at other positions than their own, which this model does not allow: {fixedPositions}; use {StreamingLlmPolicy.TruePositionsName}", nameof(request));
        var window = Math.Min(compressor.WindowRows, length);
        if (window > stepRows)
            throw new ArgumentException($"{what} looks at the last {window} rows together, and a step has {stepRows}; raise MaxBatchTokens", nameof(request));
    }

    /// <summary>Why a model's rows in such memory cannot be thinned out, or null when they can.</summary>
    public static string? WhyNot(ModelConfig config, KvMemory kvMemory)
    {
        if (kvMemory != KvMemory.Paged)
            return $"it needs rows in the blocks of paged KV, and KvMemory is {kvMemory} (--kv-memory); leave one of the two out";
        if (config.Recurrent is not null)
            return "the model has recurrent layers, which keep a state and no rows";
        if (config.Latent is not null)
            return "the model's cache holds latent rows, from which the heads' keys are made";
        if (config.LayerPlan.Any(layer => layer.Window != 0))
            return "some layers of the model see a window only, and are small as they are";
        return config.AttentionSoftCap != 0 || config.Sinks ? "the model's scores are capped or have sinks, which the policies' probes do not know" : null;
    }
}

using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>CAKE's cascade: memory while a prompt is computed and compressed layer by layer, by the pool's own counter.</summary>
internal static class CascadeSuite
{
    private const int Budget = 256;

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        // A lane's last piece is part of a block, and seldom full: smaller blocks come nearer to what the rows alone would take.
        foreach (var blockRows in new[] { 32, 16 })
            await RunAsync(options, log, blockRows, cancellation).ConfigureAwait(false);
    }

    private static async Task RunAsync(CompressionOptions options, CompressionLog log, int blockRows, CancellationToken cancellation)
    {
        var rows = options.Quick ? 2000 : 6000;
        using var session = await SessionEngine.OpenAsync(
            options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16, BlockRows = blockRows, MaxBatchTokens = 8192 }).ConfigureAwait(false);
        var prompt = CompressionPrompt.Make(session, ["kv"], 1, rows, options.Seed).Single().Tokens;
        var cascade = await RunAsync(cascades: true).ConfigureAwait(false);
        var late = await RunAsync(cascades: false).ConfigureAwait(false);
        var layout = session.Layout;
        var wanted = (((double)Budget * layout.Layers) + prompt.Length) / (layout.Layers * layout.BlockRows);
        var suffix = blockRows == 32 ? "" : $"@{blockRows}";
        log.Add($"cascade.peakOverBudget{suffix}", cascade.PeakBlocks / wanted, "of budget + one layer", 1.05, $"most blocks of {blockRows} rows held: {cascade.PeakBlocks}; {prompt.Length} rows, {Budget} rows a layer, {layout.Layers} layers");
        log.Add($"cascade.peakOverLate{suffix}", (double)late.PeakBlocks / cascade.PeakBlocks, "times", 3, "blocks of compressing at the end over those of the cascade");

        async Task<CompressionStatistics> RunAsync(bool cascades)
        {
            using var generation = session.Engine.Submit(new GenerationRequest
            {
                Prompt = prompt,
                MaxTokens = 2,
                IgnoreStopTokens = true,
                UsePrefixCache = false,
                Compression = new KvCompression { Policy = session.Policy("cake"), Rows = Budget, Cascade = cascades },
            });
            return (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics.Compression!;
        }
    }
}

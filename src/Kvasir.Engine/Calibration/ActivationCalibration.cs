using Kvasir.Engine.Loading;
using Kvasir.Engine.Verification;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Calibration;

/// <summary>Runs a model over sample texts and measures the second moments of its activations, for conversion.</summary>
public static class ActivationCalibration
{
    /// <summary>Longest piece of text that is run at once.</summary>
    public const int PieceTokens = 1024;

    /// <summary>Measures a model.</summary>
    /// <param name="modelPath">The model, in its best form (BF16, say).</param>
    /// <param name="text">Sample text of the kind that the model will read; the chat format's special tokens count as such.</param>
    /// <param name="maxTokens">Tokens that are run at most.</param>
    /// <param name="products">
    /// Also moments of pairs of columns (XᵀX), which error feedback needs and which take the square of a matrix's width in memory; otherwise
    /// mean squares only.
    /// </param>
    /// <param name="progress">Hears the number of tokens run so far.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public static ActivationStatistics Measure(
        string modelPath, string text, int maxTokens, bool products, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        using var model = LoadedModel.Open(modelPath, new EngineOptions { KvType = KvDataType.F32 });
        var tokenizer = model.File.Tokenizer ?? throw new InvalidOperationException($"{modelPath} has no tokenizer, so it cannot read calibration text");
        var tokens = tokenizer.Encode(text);
        IActivationCollector collector = products ? new MomentCollector() : new MeanSquareCollector();
        var pieceTokens = Math.Min(PieceTokens, model.MaxContext);
        using var run = new ColdRun(model, pieceTokens) { Observer = collector };
        var end = Math.Min(tokens.Length, maxTokens);
        for (var start = 0; start < end; start += pieceTokens)
        {
            run.Reset();
            var length = Math.Min(pieceTokens, end - start);
            run.Extend(tokens.AsSpan(start, length), (_, _) => { }, cancellation);
            progress?.Report(start + length);
        }

        return collector.ToStatistics();
    }
}

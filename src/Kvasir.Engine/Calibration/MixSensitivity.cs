using Kvasir.Engine.Verification;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Calibration;

/// <summary>
/// Measures what noise in each kind of matrix costs a model: all matrices of the kind are made coarse, the others stay close, and the
/// divergence of the next token's distribution from the model's own is divided by the noise that they have.
/// </summary>
public static class MixSensitivity
{
    /// <summary>Tokens of the text that are read for each kind.</summary>
    public const int Tokens = 512;

    /// <summary>Measures. For every kind a file is written beside the output, read and deleted.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">How it will be converted.</param>
    /// <param name="text">Of the kind that the model will read.</param>
    /// <param name="probe">The file that is written: half the size of the 16-bit model.</param>
    /// <param name="progress">Hears of every kind before it is measured.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>By <see cref="TypeMix.Kind"/>, nats by noise-to-signal summed over the kind's matrices.</returns>
    public static IReadOnlyDictionary<string, double> Measure(
        ModelFile source, ConversionOptions options, string text, string probe, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        var kinds = TypeMix.Kinds(source, options);
        var engine = new EngineOptions { Threads = options.Threads > 0 ? options.Threads : null };
        var sensitivity = new Dictionary<string, double>();
        try
        {
            foreach (var (kind, names) in kinds)
            {
                progress?.Report(kind);
                var coarse = options with { Type = DataType.Q8_0, Overrides = [.. options.Overrides, .. names.Select(name => new TypeRule(name, DataType.Q3_K))] };
                var report = ModelConverter.Convert(source, probe, coarse, null, cancellation);
                var noise = report.Matrices.Where(matrix => names.Contains(matrix.Name)).Sum(matrix => matrix.WeightedError);
                var divergence = ModelComparison.Run(probe, source.Path, [text], Tokens, engine, null, cancellation).MeanKl;
                sensitivity[kind] = noise > 0 ? Math.Max(0, divergence) / noise : 0;
            }
        }
        finally
        {
            File.Delete(probe);
        }

        return sensitivity;
    }
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Writes a model as one GGUF file that Kvasir and llama.cpp read.</summary>
public static class ModelConverter
{
    private const string FrequencyTensor = "rope_freqs.weight";

    /// <summary>Converts a model.</summary>
    /// <param name="source">Stays open until this returns.</param>
    /// <param name="outputPath">The new file. It appears when it is complete; a failure or cancellation leaves nothing.</param>
    /// <param name="options">Types, roundings.</param>
    /// <param name="progress">Hears of every tensor before it is written.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ArgumentException">A rule matches no tensor.</exception>
    /// <exception cref="UnsupportedModelException">GGUF, as llama.cpp has it, has no words for the model.</exception>
    public static ConversionReport Convert(
        ModelFile source,
        string outputPath,
        ConversionOptions options,
        IProgress<ConversionProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var plans = Plan(source, options);
        using var writer = new GgufWriter(outputPath);
        var most = plans.Where(plan => plan.IsMatrix).GroupBy(plan => plan.Type).MaxBy(group => group.Sum(plan => plan.Weights))!.Key;
        GgufModelMetadata.Write(writer, source, options.Name, most);
        var divisors = source.Config.Rope.Scaling is RopeScaling.Llama3 or RopeScaling.PerFrequency ? source.Config.Rope.FrequencyDivisors() : null;
        if (divisors is not null)
            writer.Declare(FrequencyTensor, DataType.F32, divisors.Length);
        foreach (var plan in plans)
            writer.Declare(plan.Name, plan.Type, plan.Shape);
        writer.BeginData();
        if (divisors is not null)
            WriteVector(writer, FrequencyTensor, divisors);

        var matrices = new List<ConvertedTensor>();
        var encoder = new TensorEncoder(source, options, cancellation);
        long total = plans.Sum(p => p.Weights);
        long done = 0;
        foreach (var plan in plans)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new ConversionProgress(plan.Name, done, total));
            if (plan.IsMatrix)
                matrices.Add(encoder.Write(writer, plan));
            else
                WriteVector(writer, plan.Name, Join(source, plan));
            done += plan.Weights;
        }

        progress?.Report(new ConversionProgress("", total, total));
        cancellation.ThrowIfCancellationRequested();
        return new ConversionReport(Path.GetFullPath(outputPath), writer.Complete(), matrices);
    }

    /// <summary>What <see cref="Convert"/> would write.</summary>
    internal static IReadOnlyList<TensorPlan> Plan(ModelFile source, ConversionOptions options)
    {
        var plain = source.Config.Architecture is "llama" or "qwen2" && source.Config.LayerPlan.Count == 0
            && source.Config.Rope.Scaling is not (RopeScaling.Yarn or RopeScaling.Long);
        if (!plain)
            throw new UnsupportedModelException(source.Path, $"a {source.Config.Architecture} model of this kind cannot be converted; supported are llama and qwen2 without windows, yarn and longrope scaling");
        return ConversionPlan.Make(source, source.Config.Architecture == "llama" ? GgufNames.Interleaved : GgufNames.Dense, options);
    }

    private static float[] Join(ModelFile source, TensorPlan plan)
    {
        var vector = new float[plan.Weights];
        foreach (var part in plan.Parts)
        {
            var values = source.GetVector(part.Role, part.Layer, part.Index);
            for (int i = 0; i < values.Length; i++)
                vector[part.Place(i)] = values[i];
        }

        return vector;
    }

    private static void WriteVector(GgufWriter writer, string name, float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        BlockCodec.EncodeRow(DataType.F32, values, bytes);
        writer.BeginTensor(name);
        writer.Write(bytes);
    }
}

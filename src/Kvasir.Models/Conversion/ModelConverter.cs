using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Writes a model as one GGUF file that Kvasir and llama.cpp read.</summary>
public static class ModelConverter
{
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
        CheckWords(source, outputPath, plans);
        using var writer = new GgufWriter(outputPath);
        var most = plans.Where(plan => plan.IsMatrix).GroupBy(plan => plan.Type).MaxBy(group => group.Sum(plan => plan.Weights))!.Key;
        GgufModelMetadata.Write(writer, source, Family(source), options.Name, most);
        Begin(writer, source, plans);

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
    internal static IReadOnlyList<TensorPlan> Plan(ModelFile source, ConversionOptions options) =>
        ConversionPlan.Make(source, Family(source).Naming(source.Config), options);

    private static GgufFamily Family(ModelFile source) => GgufFamilies.For(source.Config) ?? throw new UnsupportedModelException(
        source.Path, $"the family {source.Config.Architecture} cannot be converted; written are the GGUF architectures {string.Join(", ", GgufFamilies.Names)}");

    /// <summary>Declares the tensors, and writes those that belong to the configuration.</summary>
    private static void Begin(GgufWriter writer, ModelFile source, IReadOnlyList<TensorPlan> plans)
    {
        (string Name, float[] Values)[] rotations = [.. GgufRope.Tensors(source.Config.Rope)];
        foreach (var (name, values) in rotations)
            writer.Declare(name, DataType.F32, values.Length);
        foreach (var plan in plans)
            writer.Declare(plan.Name, plan.Type, plan.Shape);
        writer.BeginData();
        foreach (var (name, values) in rotations)
            WriteVector(writer, name, values);
    }

    /// <summary>
    /// Reads back the configuration that would be written. Part of an architecture is in llama.cpp's code, not in its files: a model that
    /// departs from it must not become a file that computes something else.
    /// </summary>
    private static void CheckWords(ModelFile source, string outputPath, IReadOnlyList<TensorPlan> plans)
    {
        var family = Family(source);
        using var writer = new GgufWriter(outputPath);
        writer.Add("general.architecture", family.Name);
        GgufConfig.Write(writer, family, source.Config);
        Begin(writer, source, plans);
        using var file = GgufFile.Open(writer.EndAsSketch());
        if (ConfigDifference.Between(source.Config, GgufConfig.Read(file).Config) is { } difference)
        {
            throw new UnsupportedModelException(
                source.Path, $"a GGUF file of the architecture {family.Name} cannot say all that this {source.Config.Architecture} model is: {difference}");
        }
    }

    private static float[] Join(ModelFile source, TensorPlan plan)
    {
        var vector = new float[plan.Weights];
        foreach (var part in plan.Parts)
        {
            var values = source.GetVector(part.Role, part.Layer, part.Index);
            for (int i = 0; i < values.Length; i++)
                vector[part.Place(i)] = part.Form.HasFlag(WeightForm.NegatedExponential) ? -Elementary.Exp(values[i]) : values[i];
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

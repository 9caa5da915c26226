using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Writes a model as one GGUF file that Kvasir and llama.cpp read.</summary>
public static class ModelConverter
{
    private const int RowsAtOnce = 256;

    /// <summary>Converts a model.</summary>
    /// <param name="source">Stays open until this returns.</param>
    /// <param name="outputPath">The new file. It appears when it is complete; a failure or cancellation leaves nothing.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ArgumentException">A rule matches no tensor.</exception>
    public static ConversionReport Convert(
        ModelFile source,
        string outputPath,
        ConversionOptions options,
        IProgress<ConversionProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var plain = source.Config.Architecture is "llama" or "qwen2" && source.Config.LayerPlan.Count == 0
            && source.Config.Rope.Scaling is not (RopeScaling.Yarn or RopeScaling.Long);
        if (!plain)
            throw new UnsupportedModelException(source.Path, $"a {source.Config.Architecture} model of this kind cannot be converted; supported are llama and qwen2 without windows, yarn and longrope scaling");
        var plans = Plan(source, options);
        using var writer = new GgufWriter(outputPath);
        GgufModelMetadata.Write(writer, source, options);
        var divisors = source.Config.Rope.Scaling is RopeScaling.Llama3 or RopeScaling.PerFrequency ? source.Config.Rope.FrequencyDivisors() : null;
        if (divisors is not null)
            writer.Declare("rope_freqs.weight", DataType.F32, divisors.Length);
        foreach (var plan in plans)
            writer.Declare(plan.Name, plan.Type, plan.Shape);
        writer.BeginData();
        if (divisors is not null)
            WriteVector(writer, "rope_freqs.weight", divisors);

        var matrices = new List<ConvertedTensor>();
        long total = plans.Sum(p => p.Weights);
        long done = 0;
        foreach (var plan in plans)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new ConversionProgress(plan.Name, done, total));
            if (WeightShapes.IsMatrix(plan.Role))
                matrices.Add(WriteMatrix(writer, source, plan, options, cancellation));
            else
                WriteVector(writer, plan.Name, Reorder(source.GetVector(plan.Role, plan.Layer), StoredRows(source.Config, plan.Role)));
            done += plan.Weights;
        }

        progress?.Report(new ConversionProgress("", total, total));
        cancellation.ThrowIfCancellationRequested();
        return new ConversionReport(Path.GetFullPath(outputPath), writer.Complete(), matrices);
    }

    private static List<TensorPlan> Plan(ModelFile source, ConversionOptions options)
    {
        var plans = new List<TensorPlan>();
        var used = new HashSet<TypeRule>();
        foreach (var (role, layer, tensor, _) in source.AllWeights())
        {
            string name = GgufNames.Dense.First(role, layer);
            if (!WeightShapes.IsMatrix(role))
            {
                plans.Add(new TensorPlan(role, layer, name, tensor.Shape, DataType.F32, null));
                continue;
            }

            var type = options.Type;
            foreach (var rule in options.Overrides.Where(r => r.Matches(name)))
            {
                type = rule.Type;
                used.Add(rule);
            }

            long columns = tensor.Shape[^1];
            string? note = null;
            if (columns % type.BlockSize != 0)
            {
                note = $"rows of {columns} do not divide into {type.Name} blocks of {type.BlockSize}; F16 was taken";
                type = DataType.F16;
            }
            else if (type.IsQuantized && !type.HasEvenLevels && tensor.Type != type && options.Rounding is not NearestRounding)
            {
                note = $"rounded to the nearest level; {options.Rounding.Name} is for blocks of {BlockCodec.Block} with even levels";
            }

            plans.Add(new TensorPlan(role, layer, name, tensor.Shape, type, note));
        }

        if (options.Overrides.FirstOrDefault(r => !used.Contains(r)) is { } unused)
        {
            throw new ArgumentException(
                $"the rule \"{unused.Pattern}={unused.Type.Name}\" matches no matrix; names look like token_embd or blk.0.ffn_down");
        }

        return plans;
    }

    private static unsafe ConvertedTensor WriteMatrix(
        GgufWriter writer, ModelFile source, TensorPlan plan, ConversionOptions options, CancellationToken cancellation)
    {
        var matrix = source.GetMatrix(plan.Role, plan.Layer);
        var stored = StoredRows(source.Config, plan.Role);
        bool copy = matrix.Type == plan.Type;
        var statisticsRole = plan.Role == WeightRole.TokenEmbedding && source.Config.TiedEmbeddings ? WeightRole.Output : plan.Role;
        IBlockRounding chosen = !plan.Type.HasEvenLevels ? new NearestRounding() : options.Rounding;
        var rounding = copy || !plan.Type.IsQuantized ? null : chosen.ForMatrix(statisticsRole, plan.Layer, matrix.Columns);
        int rowBytes = checked((int)plan.Type.RowBytes(matrix.Columns));
        var buffer = new byte[rowBytes * Math.Min(RowsAtOnce, matrix.Rows)];
        var errors = new double[matrix.Rows];
        var norms = new double[matrix.Rows];
        var parallel = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : -1 };
        writer.BeginTensor(plan.Name);
        for (int start = 0; start < matrix.Rows; start += RowsAtOnce)
        {
            int first = start;
            int count = Math.Min(RowsAtOnce, matrix.Rows - start);
            Parallel.For(0, count, parallel, i =>
            {
                int row = stored?[first + i] ?? first + i;
                var bytes = new ReadOnlySpan<byte>((byte*)matrix.Data + (matrix.RowBytes * (matrix.RowOrder?[row] ?? row)), (int)matrix.RowBytes);
                var destination = buffer.AsSpan(i * rowBytes, rowBytes);
                if (copy)
                    bytes.CopyTo(destination);
                else
                    EncodeRow(plan, matrix, bytes, rounding, destination, out errors[first + i], out norms[first + i]);
            });
            writer.Write(buffer.AsSpan(0, count * rowBytes));
        }

        source.Release(plan.Role, plan.Layer);
        double norm = norms.Sum();
        return new ConvertedTensor(plan.Name, matrix.Type, plan.Type, matrix.Rows, matrix.Columns, norm > 0 ? errors.Sum() / norm : 0, plan.Note);
    }

    private static void EncodeRow(
        TensorPlan plan,
        in MatrixSource matrix,
        ReadOnlySpan<byte> bytes,
        IRowRounding? rounding,
        Span<byte> destination,
        out double error,
        out double norm)
    {
        var row = new float[matrix.Columns];
        var back = new float[matrix.Columns];
        BlockCodec.DecodeRow(matrix.Type, bytes, row);
        if (rounding is null)
            BlockCodec.EncodeRow(plan.Type, row, destination);
        else
            rounding.EncodeRow(plan.Type, row, destination);
        BlockCodec.DecodeRow(plan.Type, destination, back);
        (error, norm) = (0, 0);
        for (int i = 0; i < row.Length; i++)
        {
            error += (double)(row[i] - back[i]) * (row[i] - back[i]);
            norm += (double)row[i] * row[i];
        }
    }

    // llama files hold query and key rows interleaved (see RopeRows); result[r] is the half-split row that is stored at r.
    private static int[]? StoredRows(ModelConfig config, WeightRole role) => config.Architecture != "llama" ? null : role switch
    {
        WeightRole.Query or WeightRole.QueryBias => RopeRows.InterleavedFromHalfSplit(config.QueryHeads, config.HeadDim),
        WeightRole.Key or WeightRole.KeyBias => RopeRows.InterleavedFromHalfSplit(config.KvHeads, config.HeadDim),
        _ => null,
    };

    private static float[] Reorder(float[] vector, int[]? stored) => stored is null ? vector : Array.ConvertAll(stored, i => vector[i]);

    private static void WriteVector(GgufWriter writer, string name, float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        BlockCodec.EncodeRow(DataType.F32, values, bytes);
        writer.BeginTensor(name);
        writer.Write(bytes);
    }

    private sealed record TensorPlan(WeightRole Role, int Layer, string Name, long[] Shape, DataType Type, string? Note)
    {
        public long Weights => Shape.Aggregate(1L, (a, b) => a * b);
    }
}

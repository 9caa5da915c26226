using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Encodes rows of planned tensors and measures what is lost.</summary>
internal sealed class TensorEncoder(ModelFile source, ConversionOptions options, CancellationToken cancellation)
{
    private const int RowsAtOnce = 256;

    /// <summary>Writes a matrix.</summary>
    public ConvertedTensor Write(GgufWriter writer, TensorPlan plan)
    {
        using var rows = new TensorRows(source, plan, options);
        var rounding = Rounding(plan.Type, plan, rows.Columns);
        var errors = new RowErrors(rows.Count, Weights(plan, rows.Columns));
        int rowBytes = checked((int)plan.Type.RowBytes(rows.Columns));
        var buffer = new byte[rowBytes * Math.Min(RowsAtOnce, rows.Count)];
        writer.BeginTensor(plan.Name);
        int count;
        for (int start = 0; start < rows.Count; start += count)
        {
            int first = start;
            count = rows.Open(first, RowsAtOnce);
            Parallel.For(0, count, Parallelism(), i =>
            {
                var to = buffer.AsSpan(i * rowBytes, rowBytes);
                if (!rows.TryCopy(first + i, to))
                    Encode(rows, first + i, plan.Type, rounding, to, errors, first + i);
            });
            writer.Write(buffer.AsSpan(0, count * rowBytes));
        }

        return new ConvertedTensor(plan.Name, rows.Type, plan.Type, rows.Count, rows.Columns, errors.Relative, errors.Weighted, plan.Note);
    }

    /// <summary>The weighted relative errors that types would have on some rows of a matrix, evenly spread.</summary>
    public double[] Sample(TensorPlan plan, IReadOnlyList<DataType> types, int most)
    {
        using var rows = new TensorRows(source, plan, options);
        int count = Math.Min(most, rows.Count);
        var weights = Weights(plan, rows.Columns);
        RowErrors[] errors = [.. types.Select(_ => new RowErrors(count, weights))];
        IRowRounding?[] roundings = [.. types.Select(type => Rounding(type, plan, rows.Columns))];
        for (int i = 0; i < count; i++)
            rows.Open((int)((long)i * rows.Count / count));
        Parallel.For(0, count, Parallelism(), i =>
        {
            for (int t = 0; t < types.Count; t++)
                Encode(rows, (int)((long)i * rows.Count / count), types[t], roundings[t], new byte[types[t].RowBytes(rows.Columns)], errors[t], i);
        });
        return [.. errors.Select(error => error.Weighted)];
    }

    private static void Encode(TensorRows rows, int row, DataType type, IRowRounding? rounding, Span<byte> to, RowErrors errors, int index)
    {
        var values = new float[rows.Columns];
        rows.Read(row, values);
        if (rounding is null)
            BlockCodec.EncodeRow(type, values, to);
        else
            rounding.EncodeRow(type, values, to);
        errors.Add(index, values, type, to, new float[rows.Columns]);
    }

    private ParallelOptions Parallelism() =>
        new() { CancellationToken = cancellation, MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : -1 };

    private IRowRounding? Rounding(DataType type, TensorPlan plan, int columns)
    {
        if (!type.IsQuantized)
            return null;
        return (type.HasTable ? new NearestRounding() : options.Rounding).ForMatrix(StatisticsRole(plan), plan.Layer, columns);
    }

    private float[] Weights(TensorPlan plan, int columns) =>
        BlockGridSearch.Normalise(SearchedRounding.ImportanceOf(options.Importance, StatisticsRole(plan), plan.Layer, columns), columns);

    private WeightRole StatisticsRole(TensorPlan plan) =>
        plan.Role == WeightRole.TokenEmbedding && source.Config.TiedEmbeddings ? WeightRole.Output : plan.Role;
}

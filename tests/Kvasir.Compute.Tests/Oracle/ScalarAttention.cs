using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>Attention of one query over a list of rows: the contract's bits, and a plain softmax in double precision.</summary>
internal static class ScalarAttention
{
    private const int TileRows = 64;
    private const int SplitRows = 512;

    /// <summary>The contract. Rows are in ascending order; <paramref name="visible"/> says which are seen.</summary>
    public static (float[] Output, float LogSumExp) Exact(
        float[] query, IReadOnlyList<KvRow> rows, Func<KvRow, bool> visible, int head, float scale, KvDataType type, Func<int, float[]> rotation)
    {
        int headDim = query.Length;
        float totalMax = float.NegativeInfinity, totalSum = 0;
        var total = new float[headDim];
        foreach (var split in rows.Where(visible).GroupBy(row => row.Row / SplitRows))
        {
            float max = float.NegativeInfinity, sum = 0;
            var acc = new float[headDim];
            foreach (var tile in split.GroupBy(row => row.Row / TileRows))
            {
                var scores = new Dictionary<KvRow, float>();
                float next = max;
                foreach (var row in tile)
                {
                    float score = 0;
                    float[] key = [.. row.Stored(key: true, head, headDim, type)];
                    if (row.Offset != 0)
                        ScalarOps.Rotate(key, rotation(row.Offset));
                    for (int d = 0; d < headDim; d++)
                        score = MathF.FusedMultiplyAdd(query[d], key[d], score);
                    score *= scale;
                    if (row.Bias is { } bias)
                        score += bias;
                    scores[row] = score;
                    next = score > next ? score : next;
                }

                var weights = new float[TileRows];
                foreach (var row in tile)
                    weights[row.Row % TileRows] = Elementary.Exp(scores[row] - next);
                var lanes = new float[16];
                for (int i = 0; i < TileRows; i++)
                    lanes[i % 16] += weights[i];
                float rescale = Elementary.Exp(max - next);
                sum = MathF.FusedMultiplyAdd(sum, rescale, ScalarOps.Tree(lanes));
                max = next;
                for (int d = 0; d < headDim; d++)
                    acc[d] *= rescale;
                foreach (var row in tile)
                {
                    var value = row.Stored(key: false, head, headDim, type);
                    for (int d = 0; d < headDim; d++)
                        acc[d] = MathF.FusedMultiplyAdd(weights[row.Row % TileRows], value[d], acc[d]);
                }
            }

            float merged = max > totalMax ? max : totalMax;
            float keep = Elementary.Exp(totalMax - merged), take = Elementary.Exp(max - merged);
            totalSum = MathF.FusedMultiplyAdd(totalSum, keep, sum * take);
            totalMax = merged;
            for (int d = 0; d < headDim; d++)
                total[d] = MathF.FusedMultiplyAdd(total[d], keep, acc[d] * take);
        }

        if (totalSum == 0)
            return (new float[headDim], float.NegativeInfinity);
        return ([.. total.Select(v => v / totalSum)], totalMax + (float)Elementary.Log(totalSum));
    }

    /// <summary>softmax(scale * q·k + bias) · v in double precision, without tiles.</summary>
    public static (double[] Output, double LogSumExp) Plain(
        float[] query, IReadOnlyList<KvRow> rows, Func<KvRow, bool> visible, int head, float scale, KvDataType type, Func<int, float[]> rotation)
    {
        var (weights, lse) = Weights(query, rows, visible, head, scale, type, rotation);
        var output = new double[query.Length];
        for (int i = 0; i < rows.Count; i++)
        {
            if (weights[i] == 0)
                continue;
            var value = rows[i].Stored(key: false, head, query.Length, type);
            for (int d = 0; d < query.Length; d++)
                output[d] += weights[i] * value[d];
        }

        return (output, lse);
    }

    /// <summary>softmax(scale * q·k + bias) in double precision; 0 for rows that are not seen.</summary>
    public static (double[] Weights, double LogSumExp) Weights(
        float[] query, IReadOnlyList<KvRow> rows, Func<KvRow, bool> visible, int head, float scale, KvDataType type, Func<int, float[]> rotation)
    {
        int headDim = query.Length;
        var scores = new double[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            scores[i] = double.NegativeInfinity;
            if (!visible(rows[i]))
                continue;
            float[] key = [.. rows[i].Stored(key: true, head, headDim, type)];
            if (rows[i].Offset != 0)
                ScalarOps.Rotate(key, rotation(rows[i].Offset));
            double score = 0;
            for (int d = 0; d < headDim; d++)
                score += (double)query[d] * key[d];
            scores[i] = (score * scale) + (rows[i].Bias ?? 0);
        }

        double max = scores.DefaultIfEmpty(double.NegativeInfinity).Max();
        if (double.IsNegativeInfinity(max))
            return (new double[rows.Count], max);
        double sum = scores.Sum(s => Math.Exp(s - max));
        return ([.. scores.Select(s => Math.Exp(s - max) / sum)], max + Math.Log(sum));
    }
}

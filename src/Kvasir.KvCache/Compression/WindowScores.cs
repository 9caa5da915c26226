using System.Numerics;
using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// Scores of rows from the weights of an observation window (SnapKV, Li et al. 2024): sums over window rows, averaged over the query heads of a
/// KV head, pooled along the rows. Additions are element by element, so their bits are the same on every machine.
/// </summary>
public static class WindowScores
{
    /// <summary>sums[n] += weights[n].</summary>
    public static void Add(ReadOnlySpan<float> weights, Span<float> sums)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(weights);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sums[..weights.Length]);
        for (var i = 0; i < to.Length; i++)
            to[i] += from[i];
        for (var i = to.Length * Vector<float>.Count; i < weights.Length; i++)
            sums[i] += weights[i];
    }

    /// <summary>sums[n] += weights[n]².</summary>
    public static void AddSquares(ReadOnlySpan<float> weights, Span<float> sums)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(weights);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sums[..weights.Length]);
        for (var i = 0; i < to.Length; i++)
            to[i] += from[i] * from[i];
        for (var i = to.Length * Vector<float>.Count; i < weights.Length; i++)
            sums[i] += weights[i] * weights[i];
    }

    /// <summary>
    /// Sums the window's weights on the rows before it, over the window's rows and those query heads of one KV head that were looked at, divided by
    /// their number; zeros when there are none.
    /// </summary>
    /// <param name="signals">A layer.</param>
    /// <param name="shape">The sequence.</param>
    /// <param name="head">KV head.</param>
    /// <param name="scores">Receives a score for each row before the window; cleared first.</param>
    public static void OfHead(in LayerSignals signals, CompressionShape shape, int head, Span<float> scores)
    {
        scores.Clear();
        var heads = signals.WindowHeads.IsEmpty ? shape.QueryHeads : signals.WindowHeads.Length;
        var count = 0;
        for (var i = 0; i < heads; i++)
        {
            if ((signals.WindowHeads.IsEmpty ? i : signals.WindowHeads[i]) / shape.Group != head)
                continue;
            count++;
            for (var row = 0; row < signals.WindowRows; row++)
                Add(signals.WindowOf(row, i, heads)[..scores.Length], scores);
        }

        for (var i = 0; count > 1 && i < scores.Length; i++)
            scores[i] /= count;
    }

    /// <summary>Average pooling along the rows, stride 1, zeros beyond both ends counted.</summary>
    /// <param name="scores">Scores; overwritten with the result.</param>
    /// <param name="kernel">Width, odd.</param>
    public static void AveragePool(Span<float> scores, int kernel)
    {
        if (kernel <= 1)
            return;
        var half = kernel / 2;
        Span<float> before = stackalloc float[half + 1];
        before.Clear();
        for (var i = 0; i < scores.Length; i++)
        {
            var sum = 0f;
            for (var back = half; back >= 1; back--)
                sum += i - back >= 0 ? before[(i - back) % before.Length] : 0;
            for (var ahead = 0; ahead <= half && i + ahead < scores.Length; ahead++)
                sum += scores[i + ahead];
            before[i % before.Length] = scores[i];
            scores[i] = sum / kernel;
        }
    }

    /// <summary>Maximum pooling along the rows, stride 1.</summary>
    /// <param name="scores">Scores; overwritten with the result.</param>
    /// <param name="kernel">Width, odd.</param>
    public static void MaxPool(Span<float> scores, int kernel)
    {
        if (kernel <= 1)
            return;
        var half = kernel / 2;
        Span<float> before = stackalloc float[half + 1];
        for (var i = 0; i < scores.Length; i++)
        {
            var most = scores[i];
            for (var back = 1; back <= half && i - back >= 0; back++)
                most = MathF.Max(most, before[(i - back) % before.Length]);
            for (var ahead = 1; ahead <= half && i + ahead < scores.Length; ahead++)
                most = MathF.Max(most, scores[i + ahead]);
            before[i % before.Length] = scores[i];
            scores[i] = most;
        }
    }
}

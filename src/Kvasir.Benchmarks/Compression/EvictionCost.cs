using System.Diagnostics;
using Kvasir.KvCache.Compression;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// What a policy's decisions while an answer grows take, in nanoseconds a token, row and KV head: its books, and choosing who goes. Weights and
/// looks are given, no row is moved.
/// </summary>
internal static class EvictionCost
{
    private const int Window = 32;

    /// <summary>A policy's steps between multiples of 32, and at them.</summary>
    public static (double Between, double At) Of(ICompressionPolicy policy, CompressionShape shape, int steps)
    {
        var compressor = policy.Start(shape);
        var mass = new float[shape.KvHeads * shape.Budget];
        var random = new Random(1);
        for (var layer = 0; compressor.NeedsColumnMass && layer < shape.Layers; layer++)
        {
            compressor.Observe(new LayerSignals { Layer = layer, Length = shape.Budget, ColumnMass = mass, Rows = null! });
            compressor.Select(layer, shape.Layers, new RowSelection(shape.KvHeads));
        }

        var (weights, columns) = Weights(shape, random);
        var words = (columns + 63) / 64;
        ulong[] looks = [.. Enumerable.Range(0, shape.KvHeads * words).Select(_ => (ulong)random.NextInt64() & (ulong)random.NextInt64())];
        var rows = Enumerable.Repeat(shape.Budget, shape.Layers).ToArray();
        var lanes = new int[shape.KvHeads];
        var drops = new RowDrops(shape.KvHeads);
        var (between, at) = (new List<double>(), new List<double>());
        for (var step = 1; step <= steps; step++)
        {
            long ticks = 0;
            long seen = 0;
            for (var layer = 0; layer < shape.Layers; layer++)
            {
                Array.Fill(lanes, ++rows[layer]);
                drops.Reset();
                var signals = new AnswerSignals { Layer = layer, Position = shape.Budget + step - 1, Step = step, LaneRows = lanes, Weights = weights.AsSpan(random.Next(columns)), Columns = columns, Looked = looks, Rows = null! };
                var started = Stopwatch.GetTimestamp();
                compressor.Answer(signals, drops);
                ticks += Stopwatch.GetTimestamp() - started;
                seen += (long)rows[layer] * shape.KvHeads;
                rows[layer] -= drops.Dropped(0).Count;
            }

            if (step > steps / 4)
                (step % Window == 0 ? at : between).Add(1e9 * ticks / Stopwatch.Frequency / seen);
        }

        return (between.Order().ElementAt(between.Count / 2), at.Order().ElementAt(at.Count / 2));
    }

    /// <summary>H2O as published: with every token the best of all sums are picked anew.</summary>
    public static double OfPickingAnew(CompressionShape shape, int steps)
    {
        var random = new Random(1);
        var (weights, columns) = Weights(shape, random);
        var sums = new float[shape.Layers * shape.KvHeads][];
        for (var lane = 0; lane < sums.Length; lane++)
            sums[lane] = new float[shape.Budget + 1];
        var kept = new List<int>(shape.Budget + 1);
        var times = new double[steps];
        for (var step = 0; step < steps; step++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var lane = 0; lane < sums.Length; lane++)
            {
                for (var q = 0; q < shape.Group; q++)
                    WindowScores.Add(weights.AsSpan((((lane % shape.KvHeads * shape.Group) + q) * columns) + (step % columns), shape.Budget + 1), sums[lane]);
                kept.Clear();
                TopRows.Add(sums[lane].AsSpan(0, (shape.Budget / 2) + 1), shape.Budget / 2, kept);
            }

            times[step] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / (sums.Length * (shape.Budget + 1));
        }

        return times.Order().ElementAt(steps / 2);
    }

    /// <summary>Weights of skewed size; another offset is another step.</summary>
    private static (float[] Weights, int Columns) Weights(CompressionShape shape, Random random)
    {
        var columns = shape.Budget + (2 * Window);
        return ([.. Enumerable.Range(0, (shape.QueryHeads + 1) * columns).Select(_ => MathF.Pow(random.NextSingle(), 8) * 9f / shape.Budget)], columns);
    }
}

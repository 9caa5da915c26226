namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>The operations of decoders in double precision, written as their definitions are.</summary>
internal static class Plain
{
    public static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    public static double[] Times(double[] a, double factor) => Array.ConvertAll(a, x => x * factor);

    public static double[] Times(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x * y)];

    public static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    public static double[] Rms(double[] x, double[] weight, double epsilon)
    {
        var scale = 1 / Math.Sqrt(x.Average(v => v * v) + epsilon);
        return [.. x.Zip(weight, (v, w) => v * scale * w)];
    }

    public static double[] LayerNorm(double[] x, double[] weight, double[]? bias, double epsilon)
    {
        var mean = x.Average();
        var scale = 1 / Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + epsilon);
        return [.. x.Select((v, i) => ((v - mean) * scale * weight[i]) + (bias?[i] ?? 0))];
    }

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>By the integral of the normal density, in Simpson's rule.</summary>
    public static double Gelu(double x)
    {
        const int Steps = 400;
        var (sum, h) = (0.0, x / Steps);
        for (var i = 0; i <= Steps; i++)
            sum += (i == 0 || i == Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-(i * h) * (i * h) / 2);
        return x * (0.5 + (sum * h / 3 / Math.Sqrt(2 * Math.PI)));
    }

    public static double[] Softmax(double[] x)
    {
        var largest = x.Max();
        var e = Array.ConvertAll(x, v => Math.Exp(v - largest));
        return Times(e, 1 / e.Sum());
    }

    public static double[] Frequencies(double theta, int dimensions) =>
        [.. Enumerable.Range(0, dimensions / 2).Select(i => Math.Pow(theta, -2.0 * i / dimensions))];

    /// <summary>YaRN's frequencies: interpolated ones where a frequency turns seldom in the first context.</summary>
    public static double[] Yarn(double theta, int dimensions, double factor, int context, bool truncate = true)
    {
        var plain = Frequencies(theta, dimensions);
        double Border(double turns) => dimensions * Math.Log(context / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        var low = truncate ? Math.Floor(Border(32)) : Border(32);
        var high = truncate ? Math.Ceiling(Border(1)) : Border(1);
        (low, high) = (Math.Max(low, 0), Math.Min(high, dimensions - 1));
        return [.. plain.Select((f, i) =>
        {
            var ramp = Math.Clamp((i - low) / (high == low ? 0.001 : high - low), 0, 1);
            return (f / factor * ramp) + (f * (1 - ramp));
        })];
    }

    /// <summary>Rotates the first dimensions of a head at a position: pairs (i, i + half), or neighbours.</summary>
    public static double[] Rotate(double[] head, int position, double[] frequencies, bool neighbours = false, double factor = 1)
    {
        var result = (double[])head.Clone();
        for (var i = 0; i < frequencies.Length; i++)
        {
            var (a, b) = neighbours ? (2 * i, (2 * i) + 1) : (i, i + frequencies.Length);
            var (sin, cos) = Math.SinCos(position * frequencies[i]);
            result[a] = factor * ((head[a] * cos) - (head[b] * sin));
            result[b] = factor * ((head[b] * cos) + (head[a] * sin));
        }

        return result;
    }

    public static double[][] Heads(double[] x, int count)
    {
        var size = x.Length / count;
        return [.. Enumerable.Range(0, count).Select(h => x[(h * size)..((h + 1) * size)])];
    }

    public static double[] Join(IEnumerable<double[]> heads) => [.. heads.SelectMany(head => head)];

    public static int[] Top(double[] scores, int count) => [.. scores.Select((s, i) => (s, i)).OrderByDescending(p => p.s).ThenBy(p => p.i).Take(count).Select(p => p.i)];

    /// <summary>The slopes of ALiBi for a number of heads.</summary>
    public static double[] Slopes(int heads)
    {
        var power = (int)Math.Pow(2, Math.Floor(Math.Log2(heads)));
        var slopes = Enumerable.Range(1, power).Select(i => Math.Pow(2, -8.0 * i / power));
        return [.. slopes.Concat(Enumerable.Range(0, heads - power).Select(i => Math.Pow(2, -4.0 * ((2 * i) + 1) / power)))];
    }
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Rotary position embedding as data.</summary>
public sealed record RopeConfig
{
    /// <summary>Base of the frequencies, above 1.</summary>
    public required double Theta { get; init; }

    /// <summary>Dimensions of a head that are rotated; even, at most the head's.</summary>
    public required int RotaryDim { get; init; }

    public RopeScaling Scaling { get; init; }

    /// <summary>Divisor of <see cref="RopeScaling.Linear"/>, <see cref="RopeScaling.Llama3"/> and <see cref="RopeScaling.Yarn"/>.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Llama3: wavelengths above <c>OriginalContext / LowFrequencyFactor</c> are divided by the whole factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama3: wavelengths below <c>OriginalContext / HighFrequencyFactor</c> are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Llama3, Yarn and Long: the context of the first training, tokens.</summary>
    public int OriginalContext { get; init; } = 8192;

    /// <summary>PerFrequency: one divisor a frequency, <c>[RotaryDim / 2]</c>.</summary>
    public IReadOnlyList<float>? Divisors { get; init; }

    /// <summary>Long: the divisors for contexts longer than <see cref="OriginalContext"/>, <c>[RotaryDim / 2]</c>; <see cref="Divisors"/> are for others.</summary>
    public IReadOnlyList<float>? LongDivisors { get; init; }

    /// <summary>Yarn: turns in the first context from which on a frequency is kept.</summary>
    public double FastTurns { get; init; } = 32;

    /// <summary>Yarn: turns in the first context below which a frequency is divided.</summary>
    public double SlowTurns { get; init; } = 1;

    /// <summary>Yarn: the borders between them are whole dimensions.</summary>
    public bool WholeBorders { get; init; } = true;

    /// <summary>Factor on cosine and sine.</summary>
    public float AttentionFactor { get; init; } = 1;

    /// <summary>A rotation for models without one; no layer names it.</summary>
    public static RopeConfig None { get; } = new() { Theta = 10000, RotaryDim = 2 };

    /// <summary>
    /// The rotation for a configured context: with <see cref="RopeScaling.Long"/> that says which divisors hold, never the length that a
    /// sequence has (numerics contract, rule 4).
    /// </summary>
    public RopeConfig ForContext(int maxContext) => Scaling != RopeScaling.Long
        ? this
        : this with { Scaling = RopeScaling.PerFrequency, Divisors = maxContext > OriginalContext ? LongDivisors : Divisors };

    /// <summary>The angle of pair i at position p is <c>p * result[i]</c>; <c>[RotaryDim / 2]</c>.</summary>
    /// <remarks>
    /// Only additions, multiplications and divisions are used, so every machine gets the same bits (Math.Pow would not
    /// promise that): <c>Theta^(-2i/RotaryDim)</c> are the powers of one root, found by Newton's method.
    /// </remarks>
    public float[] InverseFrequencies() => [.. Unscaled().Select((frequency, i) => (float)(frequency / DivisorOf(frequency, i)))];

    /// <summary>By how much each frequency is divided, <c>[RotaryDim / 2]</c>; what GGUF stores as <c>rope_freqs</c>.</summary>
    internal float[] FrequencyDivisors() => [.. Unscaled().Select((frequency, i) => (float)DivisorOf(frequency, i))];

    private IEnumerable<double> Unscaled()
    {
        double root = Root(Theta, RotaryDim / 2);
        double power = 1;
        for (int i = 0; i < RotaryDim / 2; i++)
        {
            yield return 1 / power;
            power *= root;
        }
    }

    private double DivisorOf(double frequency, int index)
    {
        switch (Scaling)
        {
            case RopeScaling.Linear:
                return Factor;
            case RopeScaling.PerFrequency or RopeScaling.Long:
                return Divisors![index];
            case RopeScaling.Yarn:
                double kept = 1 - YarnRamp(index);
                return 1 / (((1 - kept) / Factor) + kept);
            case RopeScaling.Llama3:
                double wavelength = 2 * Math.PI / frequency;
                if (wavelength < OriginalContext / HighFrequencyFactor)
                    return 1;
                if (wavelength > OriginalContext / LowFrequencyFactor)
                    return Factor;
                double smooth = ((OriginalContext / wavelength) - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
                return 1 / (((1 - smooth) / Factor) + smooth);
            default:
                return 1;
        }
    }

    /// <summary>0 for a frequency that is kept, 1 for one that is divided (YaRN, section 3.2).</summary>
    private double YarnRamp(int index)
    {
        double low = Border(FastTurns), high = Border(SlowTurns);
        if (WholeBorders)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        low = Math.Max(low, 0);
        high = Math.Min(high, RotaryDim - 1);
        if (low == high)
            high += 0.001;
        return Math.Clamp((index - low) / (high - low), 0, 1);

        // The dimension whose frequency turns so often in the first context.
        double Border(double turns) =>
            RotaryDim * Elementary.Log(OriginalContext / (turns * 2 * Math.PI)) / (2 * Elementary.Log(Theta));
    }

    // Newton from above: 1 + (x - 1) / n is never below the root (Bernoulli), and the iterates fall until rounding stops them.
    private static double Root(double x, int n)
    {
        double guess = 1 + ((x - 1) / n);
        while (true)
        {
            double power = 1;
            for (int i = 1; i < n; i++)
                power *= guess;
            double next = double.IsFinite(power) ? (((n - 1) * guess) + (x / power)) / n : guess * (n - 1) / n;
            if (!(next < guess))
                return guess;
            guess = next;
        }
    }
}

namespace Kvasir.Models;

/// <summary>Rotary position embedding as data.</summary>
public sealed record RopeConfig
{
    /// <summary>Base of the frequencies, above 1.</summary>
    public required double Theta { get; init; }

    /// <summary>Dimensions of a head that are rotated; even, at most the head's.</summary>
    public required int RotaryDim { get; init; }

    public RopeScaling Scaling { get; init; }

    /// <summary>Divisor of <see cref="RopeScaling.Linear"/> and <see cref="RopeScaling.Llama3"/>.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Llama3: wavelengths above <c>OriginalContext / LowFrequencyFactor</c> are divided by the whole factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama3: wavelengths below <c>OriginalContext / HighFrequencyFactor</c> are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Llama3: the context of the first training, tokens.</summary>
    public int OriginalContext { get; init; } = 8192;

    /// <summary>PerFrequency: one divisor a frequency, <c>[RotaryDim / 2]</c>.</summary>
    public IReadOnlyList<float>? Divisors { get; init; }

    /// <summary>Factor on cosine and sine; 1 for the scalings that exist so far.</summary>
    public float AttentionFactor => 1;

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
            case RopeScaling.PerFrequency:
                return Divisors![index];
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

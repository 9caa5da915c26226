using System.Globalization;
using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Advice;

/// <summary>How good a smaller cache must be: at least so much agreement with the whole cache, or at most so much divergence from it.</summary>
/// <param name="IsAgreement">True for a share of tokens whose most probable one is the same; false for divergence in nats a token.</param>
/// <param name="Bound">The bound.</param>
public sealed record QualityFloor(bool IsAgreement, double Bound)
{
    // Standard normal, two-sided 95 %.
    private const double Z = 1.96;

    /// <summary>Reads <c>agreement=0.98</c> or <c>kl=0.05</c>.</summary>
    /// <exception cref="FormatException">Says what is wrong.</exception>
    public static QualityFloor Parse(string text)
    {
        var parts = text.Split('=');
        if (parts.Length == 2 && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var bound))
        {
            if (parts[0] == "agreement" && bound is > 0 and < 1)
                return new QualityFloor(true, bound);
            if (parts[0] == "kl" && bound is > 0 and < double.PositiveInfinity)
                return new QualityFloor(false, bound);
        }

        throw new FormatException($"'{text}' is no floor; write agreement=SHARE with a share between 0 and 1, or kl=NATS above 0, such as agreement=0.98");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsAgreement ? "agreement" : "kl")}={Bound}");

    /// <summary>
    /// The worse end of what is measured, with 95 % confidence: after Student over the cases; for an agreement also after Wilson over the tokens
    /// (Wilson 1927, score interval), which is not certain of a share of 1 that a few cases agree on. The worse of both counts.
    /// </summary>
    internal double BoundOf(IReadOnlyList<double> kl, IReadOnlyList<double> agreement, int tokens)
    {
        if (!IsAgreement)
            return Interval.Of(kl).High;
        var share = agreement.Average();
        var wilson = (share + (Z * Z / (2 * tokens)) - (Z * Math.Sqrt(((share * (1 - share)) + (Z * Z / (4 * tokens))) / tokens))) / (1 + (Z * Z / tokens));
        return Math.Min(Interval.Of(agreement).Low, wilson);
    }

    /// <summary>Whether a bound is on the right side. What is not known is not.</summary>
    internal bool Holds(double bound) => IsAgreement ? bound >= Bound : bound <= Bound;
}

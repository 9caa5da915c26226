using System.Globalization;

namespace Kvasir.Models;

/// <summary>Numbers with a point, written as Python writes them.</summary>
internal static class JinjaNumber
{
    // Python's repr takes an exponent below 1e-4 and from 1e16 on.
    private const int MinExponent = -4;
    private const int MaxExponent = 16;

    public static string Text(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

        // The shortest digits that name the number, and the power of ten of the first of them.
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        string sign = shortest.StartsWith('-') ? "-" : "";
        string[] parts = shortest[sign.Length..].Split('E');
        string digits = parts[0].Replace(".", "", StringComparison.Ordinal).Trim('0');
        if (digits.Length == 0)
            return sign + "0.0";
        int point = parts[0].IndexOf('.') is >= 0 and var found ? found : parts[0].Length;
        int first = parts[0].AsSpan().IndexOfAnyInRange('1', '9');
        int exponent = (first < point ? point - 1 - first : point - first) + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        if (exponent is < MinExponent or >= MaxExponent)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return FormattableString.Invariant($"{sign}{mantissa}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + digits;
        string whole = digits.PadRight(exponent + 1, '0');
        return $"{sign}{whole[..(exponent + 1)]}.{(whole.Length > exponent + 1 ? whole[(exponent + 1)..] : "0")}";
    }
}

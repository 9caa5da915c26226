using System.Globalization;
using System.Numerics;
using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Regex;

namespace Kvasir.Grammars.Json;

/// <summary>
/// Sets of numbers as languages of canonical decimals: no exponent, no leading or trailing zeros, no minus zero, so that one value has one
/// text and the complement of texts is the complement of values. Integers have up to 17 digits. Fractions have up to 15 in all: readers
/// that use doubles keep such numbers apart and in order.
/// </summary>
internal static class NumberLanguages
{
    private const int FractionDigits = 15;
    private const int MostRemainders = 40_000;

    public static Dfa Integers { get; } = RegexCompiler.Compile("0|-?[1-9][0-9]{0,16}", wholeText: true);

    public static Dfa Canonical { get; } = Integers.Union(Fractions());

    private static Dfa NotNegative { get; } = Canonical.Except(RegexCompiler.Compile("-.*", wholeText: true));

    /// <summary>The text of a value; the literal may have an exponent and trailing zeros.</summary>
    public static string Canonicalize(string literal)
    {
        var (negative, whole, fraction) = Split(literal);
        return (negative && (whole != "0" || fraction.Length > 0) ? "-" : "") + whole + (fraction.Length > 0 ? "." + fraction : "");
    }

    public static Dfa AtLeast(string bound, bool exclusive) => Above(bound, orEqual: !exclusive);

    public static Dfa AtMost(string bound, bool exclusive) => Canonical.Except(Above(bound, orEqual: exclusive));

    public static Dfa MultiplesOf(string divisor)
    {
        var (negative, whole, fraction) = Split(divisor);
        var scaled = BigInteger.Parse(whole + fraction, CultureInfo.InvariantCulture);
        if (negative || scaled.IsZero)
            throw new GrammarException($"multipleOf {divisor} is not above zero");
        if (scaled * (fraction.Length + 1) > MostRemainders)
            throw new GrammarException($"multipleOf {divisor} needs more than {MostRemainders} remainders; use a divisor with fewer digits");
        return Multiples((int)scaled, fraction.Length).Intersect(Canonical);
    }

    // Reads digits and keeps the remainder; every fraction digit read is one that the scale need not add. The sign is read first, the
    // point is a state of its own for each remainder.
    private static Dfa Multiples(int divisor, int scale)
    {
        var layers = scale + 1;
        var edges = new DfaEdge[(divisor * layers) + 1][];
        var accepts = new bool[edges.Length];
        edges[0] = [new DfaEdge('-', '-', Id(0, 0)), .. Digits(0, 0)];
        for (var read = 0; read < layers; read++)
        {
            var missing = (int)(BigInteger.Pow(10, scale - read) % divisor);
            for (var remainder = 0; remainder < divisor; remainder++)
            {
                var state = Id(read, remainder);
                accepts[state] = (long)remainder * missing % divisor == 0;
                edges[state] = read == 0
                    ? scale > 0 ? [new DfaEdge('.', '.', Point(remainder)), .. Digits(0, remainder)] : Digits(0, remainder)
                    : read < scale ? Digits(read + 1, remainder) : [];
            }
        }

        if (scale > 0)
        {
            var points = new DfaEdge[divisor][];
            for (var remainder = 0; remainder < divisor; remainder++)
                points[remainder] = Digits(1, remainder);
            edges = [.. edges, .. points];
            accepts = [.. accepts, .. new bool[divisor]];
        }

        return DfaMinimizer.Minimize(accepts, edges);

        int Id(int read, int remainder) => 1 + (read * divisor) + remainder;
        int Point(int remainder) => 1 + (divisor * layers) + remainder;
        DfaEdge[] Digits(int read, int remainder) =>
            [.. Enumerable.Range(0, 10).Select(digit => new DfaEdge('0' + digit, '0' + digit, Id(read, (int)(((remainder * 10L) + digit) % divisor))))];
    }

    private static Dfa Above(string bound, bool orEqual)
    {
        var (negative, whole, fraction) = Split(bound);
        if (!negative || (whole == "0" && fraction.Length == 0))
            return AboveMagnitude(whole, fraction, orEqual);
        var below = NotNegative.Except(AboveMagnitude(whole, fraction, !orEqual)).Except(Dfa.Literal("0"));
        return NotNegative.Union(Negated(below));
    }

    private static Dfa Negated(Dfa magnitudes)
    {
        if (magnitudes.IsEmpty)
            return magnitudes;
        var nfa = new Nfa();
        var start = nfa.Add();
        var signed = nfa.Add();
        var end = nfa.Add();
        nfa.Codes(start, CodeSet.Single('-'), signed);
        nfa.Embed(signed, magnitudes, end);
        return nfa.ToDfa(start, end);
    }

    // Texts without a sign whose value is above (or equal to) whole.fraction: digit by digit.
    private static Dfa AboveMagnitude(string whole, string fraction, bool orEqual)
    {
        var nfa = new Nfa();
        var start = nfa.Add();
        var end = nfa.Add();
        var digit = CodeSet.Of(('0', '9'));
        var any = CodeSet.Of(('0', '9'), ('.', '.'));
        var rest = nfa.Add();
        nfa.Codes(rest, any, rest);
        nfa.Free(rest, end);

        // More digits before the point.
        var at = start;
        for (var i = 0; i <= whole.Length; i++)
        {
            var next = nfa.Add();
            nfa.Codes(at, digit, next);
            at = next;
        }

        nfa.Free(at, rest);

        // As many, and a greater one where they first differ; what follows is as long as the bound's whole part.
        at = start;
        for (var i = 0; i < whole.Length; i++)
        {
            if (whole[i] < '9')
            {
                var tail = nfa.Add();
                nfa.Codes(at, CodeSet.Of((whole[i] + 1, '9')), tail);
                for (var j = i + 1; j < whole.Length; j++)
                {
                    var next = nfa.Add();
                    nfa.Codes(tail, digit, next);
                    tail = next;
                }

                nfa.Free(tail, end);
                nfa.Codes(tail, CodeSet.Single('.'), rest);
            }

            var same = nfa.Add();
            nfa.Codes(at, CodeSet.Single(whole[i]), same);
            at = same;
        }

        if (fraction.Length == 0)
        {
            if (orEqual)
                nfa.Free(at, end);
            nfa.Codes(at, CodeSet.Single('.'), rest);
            return nfa.ToDfa(start, end).Intersect(NotNegative);
        }

        var point = nfa.Add();
        nfa.Codes(at, CodeSet.Single('.'), point);
        at = point;
        foreach (var c in fraction)
        {
            if (c < '9')
                nfa.Codes(at, CodeSet.Of((c + 1, '9')), rest);
            var same = nfa.Add();
            nfa.Codes(at, CodeSet.Single(c), same);
            at = same;
        }

        if (orEqual)
            nfa.Free(at, end);
        nfa.Codes(at, digit, rest);
        return nfa.ToDfa(start, end).Intersect(NotNegative);
    }

    private static Dfa Fractions()
    {
        var result = Dfa.Nothing;
        for (var whole = 1; whole < FractionDigits; whole++)
        {
            var pattern = string.Create(CultureInfo.InvariantCulture, $@"-?(0|[1-9][0-9]{{0,{whole - 1}}})\.[0-9]{{0,{FractionDigits - whole - 1}}}[1-9]");
            result = result.Union(RegexCompiler.Compile(pattern, wholeText: true));
        }

        return result;
    }

    private static (bool Negative, string Whole, string Fraction) Split(string literal)
    {
        var negative = literal.StartsWith('-');
        var text = negative ? literal[1..] : literal;
        var exponent = 0;
        if (text.IndexOfAny(['e', 'E']) is >= 0 and var mark)
        {
            if (!int.TryParse(text[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > 400)
                throw new GrammarException($"the number {literal} has an exponent beyond ±400");
            text = text[..mark];
        }

        var point = text.IndexOf('.', StringComparison.Ordinal);
        var digits = text.Replace(".", "", StringComparison.Ordinal);
        if (digits.Length > 1000)
            throw new GrammarException("a number in the schema has more than 1000 digits");
        var place = (point < 0 ? text.Length : point) + exponent;
        if (place <= 0)
            (digits, place) = (new string('0', 1 - place) + digits, 1);
        if (place > digits.Length)
            digits += new string('0', place - digits.Length);
        var whole = digits[..place].TrimStart('0');
        return (negative, whole.Length == 0 ? "0" : whole, digits[place..].TrimEnd('0'));
    }
}

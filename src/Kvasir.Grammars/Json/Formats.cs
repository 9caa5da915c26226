using System.Collections.Concurrent;
using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Regex;

namespace Kvasir.Grammars.Json;

/// <summary>The string formats that can be enforced, each a subset of what its RFC allows that every validator accepts.</summary>
internal static class Formats
{
    private const string Days = "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";
    private const string LeapYear = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
    private const string Date = $"(?!0000)(?:[0-9]{{4}}-{Days}|{LeapYear}-02-29)";
    private const string Clock = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?";
    private const string Offset = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])";
    private const string Byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string Label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private const string Hex4 = "[0-9A-Fa-f]{1,4}";
    private const string UriChar = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";

    private static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Clock + Offset,
        ["date-time"] = $"{Date}T{Clock}{Offset}",
        ["duration"] = "P(([1-9][0-9]{0,3}Y)?([1-9][0-9]?M)?[1-9][0-9]?D(T[1-9][0-9]?H([1-9][0-9]?M([1-9][0-9]?S)?)?)?|T[1-9][0-9]?H|T[1-9][0-9]?M|T[1-9][0-9]?S|[1-9][0-9]{0,3}Y([1-9][0-9]?M)?|[1-9][0-9]?M|[1-9][0-9]?W)",
        ["uuid"] = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        ["email"] = $"[A-Za-z0-9_+-]{{1,32}}(\\.[A-Za-z0-9_+-]{{1,16}}){{0,2}}@{Label}(\\.{Label}){{0,2}}\\.[A-Za-z]{{2,12}}",
        ["hostname"] = $"{Label}(\\.{Label}){{0,3}}",
        ["ipv4"] = $"{Byte}(\\.{Byte}){{3}}",
        ["ipv6"] = $"({Hex4}:){{7}}{Hex4}|({Hex4}:){{1,6}}:{Hex4}|::({Hex4}:){{0,5}}{Hex4}|({Hex4}:){{1,7}}:|::",
        ["uri"] = $"(https?|ftp)://{Label}(\\.{Label}){{0,3}}(:[1-9][0-9]{{1,3}})?(/{UriChar}*)*(\\?({UriChar}|[/?])*)?(#({UriChar}|[/?])*)?|urn:[a-z][a-z0-9-]{{0,20}}:[A-Za-z0-9.:_-]+",
        ["uri-reference"] = $"(/{UriChar}*)+(\\?({UriChar}|[/?])*)?(#({UriChar}|[/?])*)?|#({UriChar}|[/?])*",
        ["json-pointer"] = "(/([^~/\\u0000-\\u001f]|~[01])*)*",
    };

    private static readonly ConcurrentDictionary<string, Dfa> Compiled = new(StringComparer.Ordinal);

    /// <summary>The language of a format; null where it cannot be enforced.</summary>
    public static Dfa? Find(string format)
    {
        var name = format switch
        {
            "ip-address" => "ipv4",
            "host-name" => "hostname",
            "idn-email" => "email",
            "idn-hostname" => "hostname",
            "iri" => "uri",
            "iri-reference" => "uri-reference",
            _ => format,
        };
        return Patterns.TryGetValue(name, out var pattern) ? Compiled.GetOrAdd(name, _ => RegexCompiler.Compile(pattern, wholeText: true)) : null;
    }
}

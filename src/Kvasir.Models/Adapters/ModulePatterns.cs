using System.Text.RegularExpressions;

namespace Kvasir.Models;

/// <summary>
/// PEFT's <c>rank_pattern</c> and <c>alpha_pattern</c>: regular expressions for the end of a module's name, after a dot or at its
/// beginning, each with a value; the first that matches counts.
/// </summary>
internal sealed class ModulePatterns
{
    private const int MaxPatterns = 4096;
    private const int MaxPatternChars = 500;

    private readonly List<(Regex Pattern, double Value)> _patterns = [];

    public ModulePatterns(JsonField? field, Func<JsonField, double> read)
    {
        if (field is not { } patterns)
            return;
        if (patterns.IsObject && patterns.Element.GetPropertyCount() > MaxPatterns)
            throw patterns.Error($"more than {MaxPatterns} patterns");
        foreach (var (name, value) in patterns.Members())
        {
            if (name.Length > MaxPatternChars)
                throw patterns.Error($"a pattern has more than {MaxPatternChars} characters");
            _patterns.Add((Compile(patterns, name), read(value)));
        }
    }

    public double? Find(string module)
    {
        foreach (var (pattern, value) in _patterns)
        {
            if (pattern.IsMatch(module))
                return value;
        }

        return null;
    }

    // Without backtracking, a pattern takes time linear in the name, whatever it is.
    private static Regex Compile(JsonField field, string pattern)
    {
        try
        {
            return new Regex($@"\A(.*\.)?({pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw field.Error($"\"{pattern}\" is not a regular expression that can be used: {exception.Message}");
        }
    }
}

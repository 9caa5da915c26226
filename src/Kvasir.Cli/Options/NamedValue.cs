using System.CommandLine.Parsing;

namespace Kvasir.Cli.Options;

/// <summary>Reads option values that are names; an unknown one is answered with the list of names.</summary>
internal static class NamedValue
{
    /// <summary>Reads the name of an enum's value, in any case.</summary>
    public static T Parse<T>(ArgumentResult result)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        var name = names.FirstOrDefault(known => string.Equals(known, result.Tokens[0].Value, StringComparison.OrdinalIgnoreCase));
        if (name is not null)
            return Enum.Parse<T>(name);
        AddError(result, names);
        return default;
    }

    /// <summary>Says that the value is none of the names.</summary>
    public static void AddError(ArgumentResult result, IEnumerable<string> names) =>
        result.AddError($"{(result.Parent as OptionResult)?.Option.Name} is '{result.Tokens[0].Value}'; known: {string.Join(", ", names).ToLowerInvariant()}");
}

namespace Kvasir.Models;

/// <summary>The tests behind <c>is</c>.</summary>
internal static class JinjaTests
{
    public static bool Run(string name, object? value, JinjaArguments arguments, JinjaBudget budget) => name switch
    {
        "defined" => value is not JinjaUndefined,
        "undefined" => value is JinjaUndefined,
        "none" => value is null,
        "boolean" => value is bool,
        "true" => value is true,
        "false" => value is false,
        "string" => value is string,
        "number" => JinjaValue.IsNumber(value),
        "integer" => value is long,
        "float" => value is double,
        "mapping" => value is OrderedDictionary<string, object?>,
        "iterable" or "sequence" => value is string or List<object?> or OrderedDictionary<string, object?> or JinjaUndefined,
        "callable" => value is JinjaFunction,
        "odd" => JinjaValue.ToLong(value) % 2 != 0,
        "even" => JinjaValue.ToLong(value) % 2 == 0,
        "divisibleby" => arguments.Integer(0, "num", 0) is not 0 and var divisor && JinjaValue.ToLong(value) % divisor == 0,
        "equalto" or "eq" => JinjaValue.Equals(value, arguments.Value(0, "other")),
        "ne" => !JinjaValue.Equals(value, arguments.Value(0, "other")),
        "lt" or "lessthan" => JinjaValue.Compare(value, arguments.Value(0, "other")) < 0,
        "le" => JinjaValue.Compare(value, arguments.Value(0, "other")) <= 0,
        "gt" or "greaterthan" => JinjaValue.Compare(value, arguments.Value(0, "other")) > 0,
        "ge" => JinjaValue.Compare(value, arguments.Value(0, "other")) >= 0,
        "in" => JinjaValue.Contains(arguments.Value(0, "seq"), value, budget),
        "lower" => value is string s && s == s.ToLowerInvariant(),
        "upper" => value is string s && s == s.ToUpperInvariant(),
        "sameas" => ReferenceEquals(value, arguments.Value(0, "other")) || (value is bool or null && Equals(value, arguments.Value(0, "other"))),
        _ => throw new ChatTemplateException($"the test \"{name}\" is not supported"),
    };
}

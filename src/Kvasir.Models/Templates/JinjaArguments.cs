namespace Kvasir.Models;

/// <summary>A function that templates can call.</summary>
internal delegate object? JinjaFunction(JinjaArguments arguments);

/// <summary>Evaluated arguments of a call, filter or test.</summary>
internal sealed class JinjaArguments(string callee, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
{
    public int Count => positional.Count;

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyDictionary<string, object?> Named => named;

    public bool Has(int index, string name) => index < positional.Count || named.ContainsKey(name);

    public object? Value(int index, string name, object? otherwise = null) =>
        index < positional.Count ? positional[index] : named.TryGetValue(name, out object? value) ? value : otherwise;

    public string Text(int index, string name) => Value(index, name) as string ?? throw Error($"the argument \"{name}\" must be a string");

    public string? OptionalText(int index, string name) => Value(index, name) is null ? null : Text(index, name);

    public long Integer(int index, string name, long otherwise) => Value(index, name) switch
    {
        null => otherwise,
        long value => value,
        bool value => value ? 1 : 0,
        _ => throw Error($"the argument \"{name}\" must be an integer"),
    };

    public bool Flag(int index, string name) => JinjaValue.IsTrue(Value(index, name));

    public ChatTemplateException Error(string problem) => new($"{callee}: {problem}");
}

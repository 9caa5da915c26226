namespace Kvasir.Models;

/// <summary>Names and their values; an inner scope sees the outer ones but sets only its own.</summary>
internal sealed class JinjaScope(JinjaScope? parent)
{
    private readonly Dictionary<string, object?> _values = [];

    public object? Get(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._values.TryGetValue(name, out object? value))
                return value;
        }

        return JinjaUndefined.Instance;
    }

    public void Set(string name, object? value) => _values[name] = value;

    private JinjaScope? Parent => parent;
}

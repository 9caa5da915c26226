namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>The functions of a request, by name.</summary>
internal sealed class ToolSet
{
    private readonly Dictionary<string, ToolDefinition> _tools = new(StringComparer.Ordinal);
    private readonly bool _knownOnly;

    /// <param name="knownOnly">Whether a call of another function is none.</param>
    public ToolSet(IReadOnlyList<ToolDefinition> tools, bool knownOnly)
    {
        foreach (var tool in tools)
            _tools[tool.Name] = tool;
        _knownOnly = knownOnly;
    }

    /// <summary>Whether a call of this name is one.</summary>
    public bool Admits(string name) => _tools.ContainsKey(name) || (!_knownOnly && IsName(name));

    public ToolDefinition? Find(string name) => _tools.GetValueOrDefault(name);

    /// <summary>Whether a function may be called so.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= CallInput.MaxName && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.');
}

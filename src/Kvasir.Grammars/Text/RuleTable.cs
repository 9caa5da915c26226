using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Text;

/// <summary>The rules of a grammar's source by name; they may be used before they are defined.</summary>
internal sealed class RuleTable(TextCursor cursor)
{
    private readonly Dictionary<string, RuleNode> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _firstUses = new(StringComparer.Ordinal);

    public RuleNode Use(string name)
    {
        if (!_rules.TryGetValue(name, out var rule))
        {
            _rules.Add(name, rule = new RuleNode(name));
            _firstUses.Add(name, cursor.At);
        }

        return rule;
    }

    public bool IsDefined(string name) => _rules.TryGetValue(name, out var rule) && rule.Body is not null;

    public void Define(string name, Node body)
    {
        var rule = Use(name);
        if (rule.Body is not null)
            throw cursor.Error($"the rule '{name}' is defined twice");
        rule.Body = body;
    }

    /// <summary>The root rule, once all are defined.</summary>
    public Node Finish(string root)
    {
        foreach (var (name, rule) in _rules)
        {
            if (rule.Body is not null)
                continue;
            cursor.At = _firstUses[name];
            throw cursor.Error($"the rule '{name}' is used but not defined");
        }

        return _rules.TryGetValue(root, out var found) ? found : throw cursor.Error($"there is no rule '{root}', which every sentence begins with");
    }
}

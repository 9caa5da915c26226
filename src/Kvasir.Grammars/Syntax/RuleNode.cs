namespace Kvasir.Grammars.Syntax;

/// <summary>A named rule; its body may be set once, after it was referred to.</summary>
internal sealed class RuleNode(string name) : Node
{
    public string Name { get; } = name;

    public Node? Body { get; set; }
}

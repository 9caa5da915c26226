namespace Kvasir.Grammars.Syntax;

/// <summary>One of several.</summary>
internal sealed class ChoiceNode(Node[] options) : Node
{
    public Node[] Options { get; } = options;
}

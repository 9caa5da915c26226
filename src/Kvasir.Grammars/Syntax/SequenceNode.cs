namespace Kvasir.Grammars.Syntax;

/// <summary>One after another.</summary>
internal sealed class SequenceNode(Node[] parts) : Node
{
    public Node[] Parts { get; } = parts;
}

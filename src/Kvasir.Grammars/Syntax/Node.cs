namespace Kvasir.Grammars.Syntax;

/// <summary>The syntax of a grammar: an immutable graph (rules may refer to each other in circles).</summary>
internal abstract class Node
{
    public static Node Nothing { get; } = new SequenceNode([]);

    /// <summary>No sentence at all: alternatives that hold it are pruned.</summary>
    public static Node Never { get; } = new ChoiceNode([]);

    public static Node Text(string text) => text.Length == 0 ? Nothing : new BytesNode(System.Text.Encoding.UTF8.GetBytes(text));

    public static Node Sequence(params Node[] parts) => parts.Length == 1 ? parts[0] : new SequenceNode(parts);

    public static Node Choice(params Node[] options) => options.Length == 1 ? options[0] : new ChoiceNode(options);

    public static Node Optional(Node node) => new RepeatNode(node, 0, 1, null);
}

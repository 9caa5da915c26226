namespace Kvasir.Grammars.Syntax;

/// <summary>From <see cref="Min"/> to <see cref="Max"/> (null: any number) times, with a separator in between.</summary>
internal sealed class RepeatNode(Node body, int min, int? max, Node? separator) : Node
{
    public Node Body { get; } = body;

    public int Min { get; } = min;

    public int? Max { get; } = max;

    public Node? Separator { get; } = separator;
}

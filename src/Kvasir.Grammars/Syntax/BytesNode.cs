namespace Kvasir.Grammars.Syntax;

/// <summary>Exactly these bytes.</summary>
internal sealed class BytesNode(byte[] bytes) : Node
{
    public byte[] Bytes { get; } = bytes;
}

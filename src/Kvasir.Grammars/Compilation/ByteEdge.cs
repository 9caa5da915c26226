namespace Kvasir.Grammars.Compilation;

/// <summary>An edge over the bytes from <paramref name="Low"/> to <paramref name="High"/>.</summary>
internal readonly record struct ByteEdge(byte Low, byte High, int To);

namespace Kvasir.Grammars.Compilation;

/// <summary>An edge over a sentence of <paramref name="Rule"/>.</summary>
internal readonly record struct CallEdge(int Rule, int To);

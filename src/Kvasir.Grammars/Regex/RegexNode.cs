using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Regex;

/// <summary>The syntax of a regular expression.</summary>
internal abstract record RegexNode
{
    internal sealed record Set(CodeSet Codes) : RegexNode;

    internal sealed record Sequence(IReadOnlyList<RegexNode> Parts) : RegexNode;

    internal sealed record Choice(IReadOnlyList<RegexNode> Options) : RegexNode;

    internal sealed record Repeat(RegexNode Body, int Min, int? Max) : RegexNode;

    internal sealed record AtStart : RegexNode;

    internal sealed record AtEnd : RegexNode;

    /// <summary>Look-ahead.</summary>
    internal sealed record Ahead(RegexNode Body, bool Negative, int Offset) : RegexNode;
}

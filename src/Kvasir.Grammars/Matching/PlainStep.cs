namespace Kvasir.Grammars.Matching;

/// <summary>One plain character on from a set: the sets there, unless some character fails or ends the rule.</summary>
internal sealed record PlainStep(EarleySet[] Successors, bool Fails, bool Pops);

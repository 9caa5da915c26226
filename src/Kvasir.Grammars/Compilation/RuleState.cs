namespace Kvasir.Grammars.Compilation;

/// <summary>One state of a rule without free edges, its targets counted from the rule's start.</summary>
internal sealed record RuleState(bool Final, List<ByteEdge> Bytes, List<CallEdge> Calls);

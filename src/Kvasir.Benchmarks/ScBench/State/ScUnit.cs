using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.ScBench.State;

/// <summary>A session that was run in one way: the smallest piece of work that is kept.</summary>
/// <param name="Key">Which.</param>
/// <param name="Turns">Its answers.</param>
/// <param name="Bytes">Bytes of the frozen context.</param>
/// <param name="Costs">What its stages cost.</param>
internal sealed record ScUnit(ScKey Key, IReadOnlyList<ScTurnResult> Turns, long Bytes, StageCosts Costs);

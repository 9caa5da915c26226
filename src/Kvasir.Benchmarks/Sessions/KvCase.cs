namespace Kvasir.Benchmarks.Sessions;

/// <summary>A context, what is asked behind it, and the answer that all ways of keeping keys and values read.</summary>
/// <param name="Context">What is encoded; a policy that drops or packs rows sees this alone.</param>
/// <param name="Question">At least one token.</param>
/// <param name="Answer">The answer; empty to take what the whole cache answers greedily.</param>
internal sealed record KvCase(int[] Context, int[] Question, int[] Answer);

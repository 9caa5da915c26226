namespace Kvasir.Engine.Loop;

/// <summary>What the engine has done since it was made.</summary>
/// <param name="Steps">Steps run.</param>
/// <param name="ComputedRows">Rows carried through the layers.</param>
/// <param name="ReusedTokens">Prompt tokens that were found in the pool.</param>
/// <param name="PromptTokens">Prompt tokens of admitted sequences.</param>
/// <param name="SampledTokens">Tokens sampled.</param>
/// <param name="Preemptions">Sequences sent back to wait.</param>
/// <param name="Running">Sequences running now.</param>
/// <param name="Waiting">Sequences waiting now.</param>
public readonly record struct EngineCounters(
    long Steps, long ComputedRows, long ReusedTokens, long PromptTokens, long SampledTokens, long Preemptions, int Running, int Waiting);

namespace Kvasir.Engine.Loop;

public sealed record EngineStatus(
    long Steps, long ComputedRows, long ReusedTokens, long PromptTokens, long SampledTokens, long Preemptions, int Running, int Waiting,
    int FreeBlocks, int ReservedBlocks, int ActiveBlocks, int CachedBlocks, int QuarantinedBlocks, int TotalBlocks, int BlockRows, long CommittedBytes, long CachedTokens, long Evictions);

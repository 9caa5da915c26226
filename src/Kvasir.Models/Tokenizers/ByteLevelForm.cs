namespace Kvasir.Models;

/// <summary>A byte-level BPE tokenizer without a normalizer, as GGUF files write one.</summary>
internal sealed record ByteLevelForm(ByteLevelSplit Split, BytePairRules Rules);

namespace Kvasir.KvCache.Virtual;

/// <summary>How contiguous KV stands and what mapping has cost so far.</summary>
/// <param name="Slots">Ranges.</param>
/// <param name="ActiveSlots">Ranges that a sequence has.</param>
/// <param name="MappedBlocks">Blocks that have memory.</param>
/// <param name="RequiredBlocks">Blocks that hold something; the others with memory are free to be taken.</param>
/// <param name="Mappings">Mappings of the process that the ranges need.</param>
/// <param name="CriticalCalls">System calls that the model waited for.</param>
/// <param name="CriticalTime">Time that the model waited for mapping, the worker's unfinished work included.</param>
/// <param name="BackgroundCalls">System calls made while the model ran.</param>
/// <param name="Prefills">Sequences that ended.</param>
/// <param name="PrefillsWithoutMapping">Those whose prompt found all its memory mapped.</param>
public readonly record struct VirtualKvStatus(
    int Slots,
    int ActiveSlots,
    int MappedBlocks,
    int RequiredBlocks,
    int Mappings,
    long CriticalCalls,
    TimeSpan CriticalTime,
    long BackgroundCalls,
    long Prefills,
    long PrefillsWithoutMapping);

namespace Kvasir.Models;

/// <summary>What becomes of the matches that split a text.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

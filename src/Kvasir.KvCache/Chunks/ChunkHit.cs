using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>A stretch of a prompt whose rows exist, computed behind another prefix.</summary>
/// <param name="Start">Its first position in the prompt.</param>
/// <param name="Length">Tokens.</param>
/// <param name="Run">The rows.</param>
/// <param name="RunStart">Index of the first of them in the run.</param>
public readonly record struct ChunkHit(int Start, int Length, KvRun Run, int RunStart)
{
    /// <summary>First position behind it.</summary>
    public int End => Start + Length;

    /// <summary>How far its rows are moved.</summary>
    public int PositionOffset => Start - (Run.BasePosition + RunStart);

    /// <summary>The blocks that its rows lie in, in order.</summary>
    /// <param name="blockRows">Rows of a block.</param>
    internal IEnumerable<BlockId> BlocksOf(int blockRows)
    {
        var last = (Run.FirstSlot + RunStart + Length - 1) / blockRows;
        for (var i = (Run.FirstSlot + RunStart) / blockRows; i <= last; i++)
            yield return Run.Blocks[i];
    }
}

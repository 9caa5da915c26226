using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>The blocks that runs lie in: one reference to each, however many runs share it.</summary>
internal sealed class HeldBlockSet(BlockPool pool)
{
    private readonly Dictionary<BlockId, int> _runs = [];

    public int Count => _runs.Count;

    public void Hold(IReadOnlyList<BlockId> blocks)
    {
        foreach (var block in blocks)
        {
            if (!_runs.TryGetValue(block, out var runs))
                pool.AddReference(block);
            _runs[block] = runs + 1;
        }
    }

    public void Drop(IReadOnlyList<BlockId> blocks)
    {
        foreach (var block in blocks)
        {
            if (--_runs[block] > 0)
                continue;
            _runs.Remove(block);
            pool.Release(block);
        }
    }

    /// <summary>Throws when the books are not those of <paramref name="runs"/>.</summary>
    public void CheckIntegrity(IEnumerable<KvRun> runs)
    {
        var expected = new Dictionary<BlockId, int>();
        foreach (var block in runs.SelectMany(run => run.Blocks))
            expected[block] = expected.GetValueOrDefault(block) + 1;
        Require(expected.Count == _runs.Count, $"{_runs.Count} blocks are held, runs lie in {expected.Count}");
        foreach (var (block, count) in expected)
        {
            Require(_runs.GetValueOrDefault(block) == count, $"{count} runs lie in block {block.Value}, {_runs.GetValueOrDefault(block)} are counted");
            Require(pool.References(block) >= 1, $"block {block.Value} is held without a reference");
        }

        static void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidOperationException($"chunk index: {what}");
        }
    }
}

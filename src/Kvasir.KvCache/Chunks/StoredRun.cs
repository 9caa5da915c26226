namespace Kvasir.KvCache.Chunks;

/// <summary>A run of the index with what it is worth. Ordered by worth, then by its last use.</summary>
/// <remarks>
/// Its worth is the sum of what its uses were worth, each halved with every half-life that has passed since: Cache-Craft's f_r, faded.
/// All runs fade alike, so their order changes only when one is used: kept is the logarithm of the worth that it would need at time 0.
/// </remarks>
internal sealed class StoredRun(KvRun run, ScopeShelf shelf, StoredChunk chunk) : IComparable<StoredRun>
{
    public KvRun Run => run;

    public ScopeShelf Shelf => shelf;

    public StoredChunk Chunk => chunk;

    /// <summary>Logarithm to the base 2 of the worth, at time 0.</summary>
    public double Standing { get; private set; } = double.NegativeInfinity;

    /// <summary>Number of the last use; no two runs have the same.</summary>
    public long LastUse { get; private set; }

    /// <summary>Adds to the worth.</summary>
    /// <param name="value">At least 0.</param>
    /// <param name="halfLives">Now.</param>
    /// <param name="use">Number of this use.</param>
    public void Add(double value, double halfLives, long use)
    {
        var worth = double.Exp2(Standing - halfLives) + value;
        Standing = Math.Max(Standing, halfLives + Math.Log2(worth));
        LastUse = use;
    }

    /// <summary>Takes over what another variant was worth.</summary>
    public void Inherit(StoredRun older) => Standing = older.Standing;

    public int CompareTo(StoredRun? other)
    {
        var byWorth = Standing.CompareTo(other!.Standing);
        return byWorth != 0 ? byWorth : LastUse.CompareTo(other.LastUse);
    }
}

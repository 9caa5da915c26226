namespace Kvasir.Models;

/// <summary>What a byte-pair encoding merges, as files hold it.</summary>
internal sealed class BytePairRules
{
    /// <summary>Pairs in the order of their rank. Those that name pieces outside the vocabulary are passed over: they can never be applied.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>Whether a word that is itself an entry is taken whole, without merging.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Whether characters outside the vocabulary become the tokens of their bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Stands for characters outside the vocabulary; null when they are dropped.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether unknown characters in a row are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Stands before every character but the first; empty mostly.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>Stands behind the last character of a word; empty mostly.</summary>
    public string EndSuffix { get; init; } = "";

    /// <summary>The merges by the ids of their parts.</summary>
    public PairMerges Table(Dictionary<string, int> ids)
    {
        var table = new Dictionary<ulong, (int, int)>(Merges.Count);
        for (int rank = 0; rank < Merges.Count; rank++)
        {
            var (left, right) = Merges[rank];
            string merged = ContinuingPrefix.Length > 0 && right.StartsWith(ContinuingPrefix, StringComparison.Ordinal) ? left + right[ContinuingPrefix.Length..] : left + right;
            if (ids.TryGetValue(left, out int l) && ids.TryGetValue(right, out int r) && ids.TryGetValue(merged, out int id))
                table[PairTable.Pair(l, r)] = (rank, id);
        }

        return new PairMerges(new PairTable(table));
    }
}

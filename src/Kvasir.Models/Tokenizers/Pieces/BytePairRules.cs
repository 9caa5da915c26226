namespace Kvasir.Models;

/// <summary>What a byte-pair encoding merges, as files hold it.</summary>
internal sealed class BytePairRules
{
    /// <summary>Pairs in the order of their rank. Those that name pieces outside the vocabulary are passed over: they can never be applied.</summary>
    public required IReadOnlyList<PieceMerge> Merges { get; init; }

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
        var known = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var table = new PairTable(Merges.Count);
        char[] merged = [];
        for (int rank = 0; rank < Merges.Count; rank++)
        {
            var left = Merges[rank].Left;
            var right = Merges[rank].Right;
            if (!known.TryGetValue(left, out int l) || !known.TryGetValue(right, out int r))
                continue;
            if (ContinuingPrefix.Length > 0 && right.StartsWith(ContinuingPrefix, StringComparison.Ordinal))
                right = right[ContinuingPrefix.Length..];
            if (merged.Length < left.Length + right.Length)
                merged = new char[2 * (left.Length + right.Length)];
            left.CopyTo(merged);
            right.CopyTo(merged.AsSpan(left.Length));
            if (known.TryGetValue(merged.AsSpan(0, left.Length + right.Length), out int id))
                table.Set(l, r, rank, id);
        }

        return new PairMerges(table);
    }
}

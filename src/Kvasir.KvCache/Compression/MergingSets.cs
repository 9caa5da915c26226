namespace Kvasir.KvCache.Compression;

/// <summary>
/// KVMerger's sets (Wang et al. 2024, section 4): runs of neighbouring rows whose keys are nearly parallel, found in one backward scan. A set
/// is [Start, End); sets ascend and cover all rows that may be merged.
/// </summary>
public static class MergingSets
{
    private const int Bisections = 20;

    /// <summary>Sets at a threshold.</summary>
    /// <param name="cosines">Cosine of the keys of rows i and i + 1 <c>[rows - 1]</c>.</param>
    /// <param name="isProtected">Rows that are in no set <c>[rows]</c>.</param>
    /// <param name="threshold">ε: least cosine of neighbours in a set.</param>
    public static List<(int Start, int End)> Find(ReadOnlySpan<float> cosines, ReadOnlySpan<bool> isProtected, double threshold)
    {
        var sets = new List<(int Start, int End)>();
        for (var row = isProtected.Length - 1; row >= 0; row--)
        {
            if (isProtected[row])
                continue;
            if (sets.Count > 0 && sets[^1].Start == row + 1 && !isProtected[row + 1] && cosines[row] >= threshold)
                sets[^1] = (row, sets[^1].End);
            else
                sets.Add((row, row + 1));
        }

        sets.Reverse();
        return sets;
    }

    /// <summary>As many sets as asked for: the threshold by bisection, then the smallest neighbours joined or the largest set halved.</summary>
    /// <param name="cosines">As above.</param>
    /// <param name="isProtected">As above.</param>
    /// <param name="count">Sets, as far as the protected rows allow.</param>
    public static List<(int Start, int End)> Exactly(ReadOnlySpan<float> cosines, ReadOnlySpan<bool> isProtected, int count)
    {
        double low = -1;
        double high = 1.001;
        for (var i = 0; i < Bisections; i++)
        {
            var middle = (low + high) / 2;
            if (Count(cosines, isProtected, middle) > count)
                high = middle;
            else
                low = middle;
        }

        var sets = Find(cosines, isProtected, low);
        while (sets.Count < count && SplitLargest(sets))
        {
        }

        while (sets.Count > count && JoinSmallest(sets))
        {
        }

        return sets;
    }

    /// <summary>Number of the sets that <see cref="Find"/> finds.</summary>
    private static int Count(ReadOnlySpan<float> cosines, ReadOnlySpan<bool> isProtected, double threshold)
    {
        var count = 0;
        for (var row = isProtected.Length - 1; row >= 0; row--)
            count += !isProtected[row] && (row + 1 == isProtected.Length || isProtected[row + 1] || cosines[row] < threshold) ? 1 : 0;
        return count;
    }

    private static bool SplitLargest(List<(int Start, int End)> sets)
    {
        var largest = 0;
        for (var i = 1; i < sets.Count; i++)
        {
            if (sets[i].End - sets[i].Start > sets[largest].End - sets[largest].Start)
                largest = i;
        }

        var (start, end) = sets.Count > 0 ? sets[largest] : (0, 0);
        if (end - start < 2)
            return false;
        var middle = (start + end) / 2;
        sets[largest] = (start, middle);
        sets.Insert(largest + 1, (middle, end));
        return true;
    }

    private static bool JoinSmallest(List<(int Start, int End)> sets)
    {
        var best = -1;
        for (var i = 0; i + 1 < sets.Count; i++)
        {
            if (sets[i].End == sets[i + 1].Start && (best < 0 || sets[i + 1].End - sets[i].Start < sets[best + 1].End - sets[best].Start))
                best = i;
        }

        if (best < 0)
            return false;
        sets[best] = (sets[best].Start, sets[best + 1].End);
        sets.RemoveAt(best + 1);
        return true;
    }
}

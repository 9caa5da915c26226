namespace Kvasir.KvCache.Tests.Chunks;

/// <summary>Fragments by comparing everything with everything.</summary>
internal static class NaiveFragments
{
    /// <summary>
    /// From left to right: at the first position where a window of a text leads to a long enough stretch, the longest of those that the
    /// next <c>window - 1</c> positions lead to as well; of equal ones the one that begins first.
    /// </summary>
    public static List<(int Start, int Length)> Find(IReadOnlyList<int[]> texts, int[] prompt, int start, int end, int window, int least)
    {
        var found = new List<(int Start, int Length)>();
        for (var at = start; at + window <= end; at++)
        {
            var best = At(at);
            if (best.Length == 0)
                continue;
            for (var ahead = at + 1; ahead < at + window; ahead++)
            {
                var other = At(ahead);
                best = Better(other, best) ? other : best;
            }

            found.Add(best);
            start = best.Start + best.Length;
            at = start - 1;
        }

        return found;

        (int Start, int Length) At(int at)
        {
            var longest = (Start: 0, Length: 0);
            foreach (var text in texts)
            {
                for (var offset = 0; offset + window <= text.Length; offset += window)
                {
                    if (at + window > end || !prompt.AsSpan(at, window).SequenceEqual(text.AsSpan(offset, window)))
                        continue;
                    var (left, right) = (0, window);
                    while (at - left > start && offset > left && prompt[at - left - 1] == text[offset - left - 1])
                        left++;
                    while (at + right < end && offset + right < text.Length && prompt[at + right] == text[offset + right])
                        right++;
                    if (left + right >= least && Better((at - left, left + right), longest))
                        longest = (at - left, left + right);
                }
            }

            return longest;
        }
    }

    private static bool Better((int Start, int Length) one, (int Start, int Length) other) =>
        one.Length > other.Length || (one.Length == other.Length && one.Start < other.Start);
}

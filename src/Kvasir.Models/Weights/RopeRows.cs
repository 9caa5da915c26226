namespace Kvasir.Models;

/// <summary>
/// The row order of query and key projections. Kvasir and Hugging Face rotate the pairs (i, i + headDim/2) of a head; llama.cpp's
/// converter stores the rows of <c>llama</c> files so that pairs are neighbours (2i, 2i + 1).
/// </summary>
internal static class RopeRows
{
    /// <summary>For row r of the half-split matrix, the row of the interleaved file that holds it.</summary>
    /// <param name="heads">Heads.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="rotaryDim">Those that are rotated, the first of a head; -1 for all.</param>
    public static int[] HalfSplitFromInterleaved(int heads, int headDim, int rotaryDim = -1)
    {
        int[] order = [.. Enumerable.Range(0, heads * headDim)];
        int half = (rotaryDim < 0 ? headDim : rotaryDim) / 2;
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < half; i++)
            {
                order[(head * headDim) + i] = (head * headDim) + (2 * i);
                order[(head * headDim) + half + i] = (head * headDim) + (2 * i) + 1;
            }
        }

        return order;
    }

    /// <summary>The inverse: for each row to be written to an interleaved file, the half-split row that goes there.</summary>
    public static int[] InterleavedFromHalfSplit(int heads, int headDim)
    {
        var order = HalfSplitFromInterleaved(heads, headDim);
        var inverse = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            inverse[order[i]] = i;
        return inverse;
    }
}

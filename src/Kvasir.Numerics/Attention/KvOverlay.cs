namespace Kvasir.Numerics.Attention;

/// <summary>
/// Rows that stand in for rows of a view's segments: the recomputed rows of a chunk whose other rows are read where they lie (CacheBlend,
/// Yao et al. 2025). The result is that of segments whose memory simply held these rows.
/// </summary>
/// <remarks>
/// A row's key lies rotated at the position where it is read, so no position offset is applied to it. Its segment decides as before who sees
/// it and what bias it has; rows that lie in no segment are ignored. All memory is the caller's and must stay valid for the call.
/// </remarks>
public unsafe struct KvOverlay
{
    /// <summary>Number of rows.</summary>
    public int Count;

    /// <summary>Absolute row index of each <c>[Count]</c>, ascending.</summary>
    public int* Rows;

    /// <summary>Slot of each <c>[Count]</c>, counted over all slices.</summary>
    public int* Slots;

    /// <summary>
    /// Slot s lies in <c>Slices[s / BlockRows]</c>, slot <c>s % BlockRows</c>. These are the layer's own slices:
    /// <see cref="KvView.SliceOffset"/> is not added.
    /// </summary>
    public byte** Slices;

    /// <summary>Index of the first row that is not before <paramref name="row"/>; <see cref="Count"/> when there is none.</summary>
    internal readonly int FirstFrom(long row)
    {
        var low = 0;
        var high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Rows[middle] < row)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

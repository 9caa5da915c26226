using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// Rows that are kept, but in a smaller form once they are old. How many of a lane are packed is a function of their number alone, so that neither
/// chunks nor neighbours nor preemption change what a row of the answer sees.
/// </summary>
/// <param name="Bits">Bits of a number: 4 or 2, of a latent 16, 8 or 4.</param>
/// <param name="WindowRows">Last rows that always stay as the pool stores them.</param>
public sealed record RowPacking(int Bits, int WindowRows)
{
    /// <summary>The directions that rows are projected on, as many as a request's share has room for; null for all numbers in KIVI's form.</summary>
    public RankProfile? Ranks { get; init; }

    /// <summary>Rows that are packed when there are <paramref name="rows"/>: whole groups before the window.</summary>
    public int PackedRows(int rows) => rows <= WindowRows ? 0 : (rows - WindowRows) / IPackedForm.GroupRows * IPackedForm.GroupRows;

    /// <summary>The next number of rows above <paramref name="rows"/> at which a group is packed.</summary>
    public int NextPacking(int rows) => PackedRows(rows) + IPackedForm.GroupRows + WindowRows;
}

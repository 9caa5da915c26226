using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>What a sequence holds of the pool: where its rows lie, layer by layer. Disposing releases its blocks.</summary>
public interface IKvTable : IDisposable
{
    /// <summary>Logical length: the next position.</summary>
    int Length { get; }

    /// <summary>True when all layers and heads have the same rows in the same slots.</summary>
    bool IsUniform { get; }

    /// <summary>Blocks held.</summary>
    int BlockCount { get; }

    /// <summary>Physical rows of a layer.</summary>
    int Rows(int layer);

    /// <summary>Blocks that <see cref="Extend"/> would take to reach a length, copies included.</summary>
    int BlocksToReach(int length);

    /// <summary>
    /// Makes room for rows up to <paramref name="length"/>, copying shared rows before anything is written beside them. The reservation
    /// must hold <see cref="BlocksToReach"/> blocks.
    /// </summary>
    void Extend(int length, BlockReservation reservation);

    /// <summary>Where the row at a position below <see cref="Length"/> is written. A ragged table appends a row to the layer.</summary>
    KvWriteRow WriteTarget(int layer, int position);

    /// <summary>Where a physical row of a layer lies.</summary>
    KvWriteRow RowTarget(int layer, int row);

    /// <summary>The layer's rows as attention sees them; valid until the arena is cleared.</summary>
    KvView BuildView(int layer, SegmentArena arena);
}

using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>A pool and its tables, without a model.</summary>
internal sealed class TablePool(KvLayout layout, int blocks, VirtualKvOptions? options) : IDisposable
{
    public BlockPool Pool { get; } = new(layout, new BlockPoolOptions { CapacityBlocks = blocks, Virtual = options });

    public VirtualKvSpace Space => Pool.Space!;

    /// <summary>A table for a prompt, which has no rows yet.</summary>
    public UniformTable Create(int promptRows) => VirtualKvTable.Create(Pool, promptRows + 1, null);

    /// <summary>Makes room for rows.</summary>
    public void Extend(UniformTable table, int rows)
    {
        if (!Pool.TryReserve(table.BlocksToReach(rows), out var reservation))
            throw new InvalidOperationException($"the pool has no room for {rows} rows");
        table.Extend(rows, reservation!);
        reservation!.Dispose();
    }

    public void Dispose() => Pool.Dispose();
}

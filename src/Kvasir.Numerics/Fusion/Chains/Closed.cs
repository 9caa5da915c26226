using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;
using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Fusion;

/// <summary>A complete chain, from read to write: the Transform pattern.</summary>
public struct Closed<TRead, TWrite> : IKernel
    where TRead : unmanaged, IRead
    where TWrite : unmanaged, IWrite
{
    private readonly int _usedPlanes;
    private readonly float _otherwise;
    private TRead _read;
    private TWrite _write;

    internal Closed(TRead read, TWrite write, Extent extent, int usedPlanes = int.MaxValue, float otherwise = 0)
    {
        _read = read;
        _write = write;
        _usedPlanes = usedPlanes;
        _otherwise = otherwise;
        Extent = extent;
    }

    public Extent Extent { get; }

    /// <summary>
    /// Planes from <paramref name="usedPlanes"/> on get the value <paramref name="otherwise"/>, and nothing is read for them: one batch
    /// for a varying number of items.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="usedPlanes"/> is negative.</exception>
    public readonly Closed<TRead, TWrite> UpTo(int usedPlanes, float otherwise = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(usedPlanes);
        return new(_read, _write, Extent, usedPlanes, otherwise);
    }

    /// <inheritdoc cref="Launch.Run"/>
    public readonly void Run(WorkerPool? pool = null, InstructionSet? path = null) => Launch.Run(ref Unsafe.AsRef(in this), pool, path);

    readonly void IKernel.Run<T>(in Region region) => Run<T>(region);

    private readonly void Run<T>(in Region region)
        where T : unmanaged, ILanes<T>
    {
        var used = Math.Min(region.Back, _usedPlanes);
        for (var z = region.Front; z < used; z++)
        {
            for (var y = region.Top; y < region.Bottom; y++)
                Row<T>(region.Left, region.Right, y, z);
        }

        if (used < region.Back)
            Fill<T>(region with { Front = Math.Max(region.Front, used) });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Fill<T>(in Region region)
        where T : unmanaged, ILanes<T>
    {
        var fill = new Closed<Constant, TWrite>(new(_otherwise), _write, Extent);
        fill.Run<T>(region);
    }

    // The whole chain is inlined into this loop, which is alone in its method so that its registers hold nothing else. Optimised at
    // once: the first call is as fast as the thousandth.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void Row<T>(long x, long end, int y, int z)
        where T : unmanaged, ILanes<T>
    {
        var read = _read;
        var write = _write;
        read.Enter(y, z);
        write.Enter(y, z);
        var last = end - T.Count;
        for (; x <= last; x += T.Count)
            write.Write(read.Read<T>(x), x);
        TWrite.Leave();
        if (T.Count > 1 && x < end)
            Row<Lanes1>(x, end, y, z);
    }
}

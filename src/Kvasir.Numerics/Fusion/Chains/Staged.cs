using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;
using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Fusion;

/// <summary>A complete chain of several loops over strips.</summary>
public unsafe struct Staged<TStage, TWrite> : IKernel
    where TStage : unmanaged, IStage
    where TWrite : unmanaged, IWrite
{
    /// <summary>Elements of a strip: 8 KiB, a quarter of a small first-level cache.</summary>
    private const int StripLength = 2048;

    private readonly TStage _stage;
    private TWrite _write;

    internal Staged(TStage stage, TWrite write, Extent extent)
    {
        _stage = stage;
        _write = write;
        Extent = extent;
    }

    public Extent Extent { get; }

    /// <inheritdoc cref="Launch.Run"/>
    public readonly void Run(WorkerPool? pool = null, InstructionSet? path = null) => Launch.Run(ref Unsafe.AsRef(in this), pool, path);

    readonly void IKernel.Run<T>(in Region region)
    {
        for (var z = region.Front; z < region.Back; z++)
        {
            for (var y = region.Top; y < region.Bottom; y++)
                Row<T>(region.Left, region.Right, y, z);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void Row<T>(long x, long end, int y, int z)
        where T : unmanaged, ILanes<T>
    {
        var strip = stackalloc float[StripLength];
        var write = _write;
        write.Enter(y, z);
        var whole = end - ((end - x) % T.Count);
        while (x < whole)
        {
            var count = (int)Math.Min(StripLength, whole - x);
            _stage.Fill<T>(strip, x, y, z, count);
            for (var i = 0; i < count; i += T.Count)
                write.Write(T.Load(strip + i), x + i);
            x += count;
        }

        TWrite.Leave();
        if (T.Count > 1 && x < end)
            Row<Lanes1>(x, end, y, z);
    }
}

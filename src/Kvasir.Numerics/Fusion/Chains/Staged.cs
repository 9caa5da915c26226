using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>A complete chain of several loops over strips.</summary>
public unsafe struct Staged<TStage, TWrite> : IKernel
    where TStage : unmanaged, IStage
    where TWrite : unmanaged, IWrite
{
    /// <summary>Elements of a strip: 8 KiB, a quarter of a small first-level cache.</summary>
    private const int StripLength = 2048;

    private TStage _stage;
    private TWrite _write;

    internal Staged(TStage stage, TWrite write, Extent extent)
    {
        _stage = stage;
        _write = write;
        Extent = extent;
    }

    public Extent Extent { get; }

    void IKernel.Run<T>(in Region region)
    {
        for (var z = region.Front; z < region.Back; z++)
        {
            for (var y = region.Top; y < region.Bottom; y++)
            {
                _stage.Enter(y, z);
                _write.Enter(y, z);
                Row<T>(region.Left, region.Right);
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Row<T>(long x, long end)
        where T : unmanaged, ILanes<T>
    {
        var strip = stackalloc float[StripLength];
        var write = _write;
        var whole = end - ((end - x) % T.Count);
        while (x < whole)
        {
            var count = (int)Math.Min(StripLength, whole - x);
            _stage.Fill<T>(strip, x, count);
            for (var i = 0; i < count; i += T.Count)
                write.Write(T.Load(strip + i), x + i);
            x += count;
        }

        if (T.Count > 1 && x < end)
            Row<Lanes1>(x, end);
    }
}

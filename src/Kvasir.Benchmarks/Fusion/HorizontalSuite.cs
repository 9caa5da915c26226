using Kvasir.Numerics.Fusion;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>256 small items (half-precision blocks, dequantised and scaled) in one launch against one launch each.</summary>
internal static unsafe class HorizontalSuite
{
    private const int Items = 256;

    public static void Run(Action<FusionCheck> report, CancellationToken cancellation)
    {
        var items = stackalloc Chain<Row<F16>>[Items];
        foreach (var width in (int[])[16, 32, 64, 256])
        {
            cancellation.ThrowIfCancellationRequested();
            using var memory = new Floats(3, Items * width);
            var x = memory[0];
            var scales = memory[1];
            var y = memory[2];
            for (var i = 0; i < Items; i++)
                items[i] = Fuse.Read<F16>((ushort*)x + (i * width), width);
            var batch = StepSuite.Work(Fuse.Batch(items, Items).With(Fuse.PerPlane(scales, Items)).Then<Multiply>().To(y));
            report(new(
                $"horizontal: {Items} items of {width} in one launch",
                Stopwatches.Ratio(new EachWork(x, scales, y, width), batch),
                "x faster",
                width <= 64 ? 2 : null));
        }
    }

    /// <summary>A launch an item.</summary>
    private readonly struct EachWork(float* x, float* scales, float* y, int width) : IWork
    {
        public void Run()
        {
            for (var i = 0; i < Items; i++)
                Fuse.Read<F16>((ushort*)x + (i * width), width).Then<Multiply>(scales[i]).To(y + (i * width)).Run();
        }
    }
}

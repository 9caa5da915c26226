using System.Runtime.CompilerServices;
using Kvasir.Numerics.Fusion;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>One per cent of an image, resized: back-fused against a loop over just that part, cut out before.</summary>
internal static unsafe class BackSuite
{
    private const int Side = 2000;
    private const int Part = 200;
    private const int Result = 224;

    public static void Run(Action<FusionCheck> report, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var image = new Floats(1, Side * Side);
        using var part = new Floats(1, Part * Part);
        using var result = new Floats(1, Result * Result);
        var source = image[0];
        var region = part[0];
        var y = result[0];
        Fuse.Read<F32>(source, Side, Side).Back(new Crop(700, 300, Part, Part)).To(region).Run();
        var fused = StepSuite.Work(Fuse.Read<F32>(source, Side, Side).Then<Multiply>(2f).Back(new Crop(700, 300, Part, Part))
            .Back(new Resize(Result, Result)).Then<Subtract>(0.5f).To(y));
        report(new("back: crop 1 % and resize, against a loop over that part", Stopwatches.Ratio(fused, new LoopWork(region, y)), "x", 1.5, AtMost: true));
        var alone = StepSuite.Work(Fuse.Read<F32>(region, Part, Part).Then<Multiply>(2f).Back(new Resize(Result, Result))
            .Then<Subtract>(0.5f).To(y));
        report(new("back: crop 1 % and resize, against the chain on that part", Stopwatches.Ratio(fused, alone), "x", 1.5, AtMost: true));
    }

    private readonly struct LoopWork(float* region, float* y) : IWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run()
        {
            const float Step = (float)Part / Result;
            for (var row = 0; row < Result; row++)
            {
                var py = Math.Clamp(((row + 0.5f) * Step) - 0.5f, 0, Part - 1);
                var y0 = (int)py;
                var upper = region + (y0 * Part);
                var lower = region + (Math.Min(y0 + 1, Part - 1) * Part);
                for (var column = 0; column < Result; column++)
                {
                    var px = Math.Clamp(((column + 0.5f) * Step) - 0.5f, 0, Part - 1);
                    var x0 = (int)px;
                    var x1 = Math.Min(x0 + 1, Part - 1);
                    var above = Between(upper[x0] * 2f, upper[x1] * 2f, px - x0);
                    var below = Between(lower[x0] * 2f, lower[x1] * 2f, px - x0);
                    y[(row * Result) + column] = Between(above, below, py - y0) - 0.5f;
                }
            }
        }

        private static float Between(float a, float b, float fraction) => MathF.FusedMultiplyAdd(b - a, fraction, a);
    }
}

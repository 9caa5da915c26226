using Kvasir.Numerics;
using Kvasir.Numerics.Fusion;
using Kvasir.Numerics.Kernels;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>Chains against loops that were written by hand, and the engine's row kernels, which are chains, against loops.</summary>
internal static unsafe class HandSuite
{
    private const int RowWidth = 1536;

    public static void Run(Action<FusionCheck> report, IReadOnlyList<int> sizes, CancellationToken cancellation)
    {
        foreach (var size in sizes)
        {
            using var memory = new Floats(3, size);
            var a = memory[0];
            var b = memory[1];
            var y = memory[2];
            var six = Group.Of<Multiply>(1.7f).Then<Add>(0.3f).Then<Multiply>(0.5f).Then<Subtract>(0.2f).Then<Maximum>(-2f)
                .Then<Add>(0.25f);
            Compare("scale-shift (2)", Fuse.Read(a, size).Then<Multiply>(1.7f).Then<Add>(0.3f).To(y), &HandWritten.ScaleShift);
            Compare("silu-gate (2)", Fuse.Read(a, size).Then<Silu>().With(Fuse.Read(b, size)).Then<Multiply>()
                .To(y), &HandWritten.SiluGate);
            Compare("bias-relu (3)", Fuse.Read(a, size).Then<Multiply>(1.7f).With(Fuse.Read(b, size)).Then<Add>().Then<Maximum>(0f)
                .To(y), &HandWritten.BiasRelu);
            Compare("half (4)", Fuse.Read<F16>(a, size).Then<Multiply>(1.7f).Then<Add>(0.3f).Then<Maximum>(-2f).To(y), &HandWritten.Half);
            Compare("arithmetic (6)", Fuse.Read(a, size).Then<Multiply>(1.7f).Then<Add>(0.3f).Then<Multiply>(0.5f)
                .Then<Subtract>(0.2f).Then<Maximum>(-2f).Then<Add>(0.25f).To(y), &HandWritten.Six);
            Compare("residual (8)", Fuse.Read(a, size).Then(six).Then<Silu>().With(Fuse.Read(b, size)).Then<Add>()
                .To(y), &HandWritten.Eight);
            Compare("arithmetic (12)", Fuse.Read(a, size).Then(six.Then(six)).To(y), &HandWritten.Twelve);

            void Compare<TKernel>(string name, TKernel kernel, delegate*<float*, float*, float*, long, void> loop)
                where TKernel : unmanaged, IKernel
            {
                cancellation.ThrowIfCancellationRequested();
                var ratio = Stopwatches.Ratio(new KernelWork<TKernel>(kernel), new HandWork(loop, a, b, y, size));
                report(new($"hand: {name}, {size} floats", ratio, "x", 1.15, AtMost: true));
            }
        }

        using var rows = new Floats(3, RowWidth);
        var width = RowWidth;
        var kernels = CpuKernels.Create(InstructionSets.Best);
        report(new(
            $"row kernels: Add of {width}",
            Stopwatches.Ratio(new AddWork(kernels, rows[0], rows[1], width), new HandWork(&HandWritten.Add, rows[0], rows[1], rows[2], width)),
            "x",
            1.15,
            AtMost: true));
        report(new(
            $"row kernels: SiluGate of {width}",
            Stopwatches.Ratio(new SiluGateWork(kernels, rows[0], rows[1], width, rows[2]), new HandWork(&HandWritten.SiluGate, rows[0], rows[1], rows[2], width)),
            "x",
            1.15,
            AtMost: true));
    }

    private readonly struct AddWork(CpuKernels kernels, float* x, float* y, int width) : IWork
    {
        public void Run() => kernels.Add(x, y, width);
    }

    private readonly struct SiluGateWork(CpuKernels kernels, float* gate, float* up, int width, float* y) : IWork
    {
        public void Run() => kernels.SiluGate(gate, up, width, y);
    }
}

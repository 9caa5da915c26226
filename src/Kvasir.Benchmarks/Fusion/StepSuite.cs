using System.Runtime.CompilerServices;
using Kvasir.Numerics.Fusion;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>Chains against their operations one by one, and what an operation costs in long chains.</summary>
internal static unsafe class StepSuite
{
    public static void Run(Action<FusionCheck> report, IReadOnlyList<int> sizes, CancellationToken cancellation)
    {
        foreach (var size in sizes)
        {
            using var memory = new Floats(3, size);
            var x = memory[0];
            var spare = memory[1];
            var y = memory[2];
            var two = Group.Of<Multiply>(0.9f).Then<Add>(0.1f);
            var six = two.Then(two).Then(two);
            cancellation.ThrowIfCancellationRequested();

            // Beyond the caches six passes move six times the bytes of one, and no more, while their buffers are there already.
            var big = (long)size * sizeof(float) >= 64 << 20;
            report(new(
                $"op by op: 6 ops, {size} floats, buffers that exist",
                Stopwatches.Ratio(new PassesWork(x, spare, y, size, 6), Work(Fuse.Read(x, size).Then(six).To(y))),
                "x faster",
                big ? null : 3));
            report(new(
                $"op by op: 6 ops, {size} floats, a new array for each result",
                Stopwatches.Ratio(new ArraysWork(x, size, 6), Work(Fuse.Read(x, size).Then(six).To(y))),
                "x faster",
                big ? null : 3));
            if (big)
            {
                var streamed = Work(Fuse.Read(x, size).Then(six).To(new Streamed(y, new(size), 0, 0)));
                report(new(
                    $"op by op: 6 ops, {size} floats, buffers that exist; streamed",
                    Stopwatches.Ratio(new PassesWork(x, spare, y, size, 6), streamed),
                    "x faster",
                    8));
            }

            Rising(1, Work(Fuse.Read(x, size).Then<Multiply>(0.9f).To(y)));
            Rising(2, Work(Fuse.Read(x, size).Then(two).To(y)));
            Rising(4, Work(Fuse.Read(x, size).Then(two.Then(two)).To(y)));
            Rising(8, Work(Fuse.Read(x, size).Then(six.Then(two)).To(y)));
            Rising(12, Work(Fuse.Read(x, size).Then(six.Then(six)).To(y)));
            Rising(24, Work(Fuse.Read(x, size).Then(six.Then(six)).Strip(six.Then(six)).To(y)));

            void Rising<TWork>(int operations, TWork fused)
                where TWork : struct, IWork
            {
                cancellation.ThrowIfCancellationRequested();
                var (passes, one) = Stopwatches.Best(new PassesWork(x, spare, y, size, operations), fused);
                report(new($"op count: {operations}, {size} floats", passes / one, "x faster"));
                report(new($"op cost: {operations}, {size} floats", one * 1000 / size / operations, "ps an op and float"));
            }
        }
    }

    public static KernelWork<TKernel> Work<TKernel>(TKernel kernel)
        where TKernel : unmanaged, IKernel => new(kernel);

    /// <summary>Operation k of the chains: times 0.9, plus 0.1, and so on.</summary>
    private static void Pass(int operation, float* x, float* y, int size)
    {
        if (operation % 2 == 0)
            Fuse.Read(x, size).Then<Multiply>(0.9f).To(y).Run();
        else
            Fuse.Read(x, size).Then<Add>(0.1f).To(y).Run();
    }

    /// <summary>A kernel an operation; results go to and fro between two buffers.</summary>
    private readonly struct PassesWork(float* x, float* spare, float* y, int size, int operations) : IWork
    {
        public void Run()
        {
            var from = x;
            for (var k = 0; k < operations; k++)
            {
                var to = (operations - k) % 2 == 1 ? y : spare;
                Pass(k, from, to, size);
                from = to;
            }
        }
    }

    /// <summary>A kernel an operation, as a library of functions that return arrays.</summary>
    private readonly struct ArraysWork(float* x, int size, int operations) : IWork
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Run()
        {
            float[]? last = null;
            for (var k = 0; k < operations; k++)
            {
                var next = new float[size];
                fixed (float* from = last, to = next)
                    Pass(k, last is null ? x : from, to, size);
                last = next;
            }
        }
    }
}

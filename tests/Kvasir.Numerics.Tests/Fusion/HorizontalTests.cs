using Kvasir.Numerics.Fusion;
using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Tests.Fusion;

public sealed unsafe class HorizontalTests
{
    private const int Items = 9;
    private const int Width = 70;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(12)]
    public void ABatch_EqualsItsItemsAlone_AndUnusedPlanesGetTheDefault(int used)
    {
        var (x, scales) = (Numbers.Random(Items * Width, 1), Numbers.Random(Items, 2));
        var y = new float[Items * Width];
        var expected = new float[Items * Width];
        expected.AsSpan(Math.Min(used, Items) * Width).Fill(-7f);
        fixed (float* px = x, ps = scales, py = y, pe = expected)
        {
            var items = stackalloc Chain<Then<Row<F32>, Unary<Silu>>>[Items];
            for (int i = 0; i < Items; i++)
            {
                // Items lie in any order; those that are not used point nowhere.
                items[i] = Fuse.Read(i < used ? px + ((Items - 1 - i) * Width) : null, Width).Then<Silu>();
                if (i < used)
                    items[i].Then<Multiply>(scales[i]).To(pe + (i * Width)).Run();
            }

            var kernel = Fuse.Batch(items, Items).With(Fuse.PerPlane(ps, Items)).Then<Multiply>().To(py).UpTo(used, otherwise: -7f);
            Numbers.InAllWidths(kernel, y, where => Numbers.Equal(expected, y, where));
            using var pool = new WorkerPool(3);
            Array.Clear(y);
            kernel.Run(pool);
            Numbers.Equal(expected, y, "three threads");
        }
    }

    [Fact]
    public void ABatch_MeetsOneValueForAll_ButNoBatchOfAnotherLength()
    {
        var memory = stackalloc float[64];
        var items = stackalloc Chain<Row<F32>>[3];
        for (int i = 0; i < 3; i++)
            items[i] = Fuse.Read(memory + (16 * i), 16);
        Assert.Equal(new Extent(16, 0, 3), Fuse.Batch(items, 3).With(Fuse.Read(memory, 16)).Then<Add>().Then<Multiply>(2f).Extent);
        var error = Assert.Throws<ArgumentException>(() => Fuse.Batch(items, 3).With(Fuse.PerPlane(memory, 4)).Then<Add>());
        Assert.Contains("3 planes meet 4", error.Message, StringComparison.Ordinal);
        items[2] = Fuse.Read(memory, 8);
        Assert.Contains("item 2", Assert.Throws<ArgumentException>(() => Fuse.Batch(items, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Fuse.Batch(items, 0));
    }

    [Fact]
    public void DifferentChainsInOneLaunch_HaveTheBitsOfSeparateOnes()
    {
        var x = Numbers.Random(1000, 1);
        var (first, second) = (new float[120], new float[600]);
        var (expectedFirst, expectedSecond) = (new float[120], new float[600]);
        fixed (float* px = x, p1 = first, p2 = second, e1 = expectedFirst, e2 = expectedSecond)
        {
            // Of different widths, heights and planes.
            var a = Fuse.Read<F32>(px, 20, 3, 2).Then<Silu>();
            var b = Fuse.Read<F32>(px, 50, 4, 3).Then<Multiply>(3f).Then<Exp>();
            a.To(e1).Run();
            b.To(e2).Run();
            Check(Fuse.Diverge(a.To(p1), b.To(p2)), "in order");
            var alternating = new Divergent<Closed<Then<Source<F32>, Unary<Silu>>, Target>, Closed<Then<Then<Source<F32>, Binary<Multiply, Constant>>, Unary<Exp>>, Target>, Odd>(
                a.To(p1), b.To(p2), default);
            Check(alternating, "alternating");

            void Check<TKernel>(TKernel kernel, string what)
                where TKernel : unmanaged, IKernel
            {
                Assert.Equal(new Extent(50, 4, 5), kernel.Extent);
                Numbers.InAllWidths(kernel, first, where =>
                {
                    Numbers.Equal(expectedFirst, first, $"{what} {where}");
                    Numbers.Equal(expectedSecond, second, $"{what} {where}");
                    Array.Clear(second);
                });
            }
        }

        Assert.Contains(expectedSecond, value => value > 100f);
    }

    /// <summary>Planes 1 and 3 are the first chain's.</summary>
    private readonly struct Odd : ISelector
    {
        public (bool Second, int Plane) Select(int plane) => plane % 2 == 1 ? (false, plane / 2) : (true, plane / 2);
    }
}

using Kvasir.Numerics.Fusion;
using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Tests.Fusion;

public sealed unsafe class ChainTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1000)]
    public void AFusedChain_HasTheBitsOfItsOperationsOneByOne_InEveryWidth(int width)
    {
        var (x, bias, expected, y) = (Numbers.Random(width, 1), Numbers.Random(width, 2), new float[width], new float[width]);
        fixed (float* px = x, pb = bias, pe = expected, py = y)
        {
            Fuse.Read(px, width).Then<Multiply>(1.7f).To(pe).Run();
            Fuse.Read(pe, width).With(Fuse.Read(pb, width)).Then<Add>().To(pe).Run();
            Fuse.Read(pe, width).Then<Silu>().To(pe).Run();
            Fuse.Read(pe, width).Then<MultiplyAdd>(0.3f, -1f).To(pe).Run();
            Fuse.Read(pe, width).Then<Divide>(3f).To(pe).Run();
            Fuse.Read(pe, width).Then<Maximum>(-0.5f).To(pe).Run();
            Fuse.Read(pe, width).Then<Minimum>(2f).To(pe).Run();
            Fuse.Read(pe, width).Then<Subtract>(0.1f).To(pe).Run();
            Fuse.Read(pe, width).Then<Exp>().To(pe).Run();
            var fused = Fuse.Read(px, width).Then<Multiply>(1.7f).With(Fuse.Read(pb, width)).Then<Add>().Then<Silu>()
                .Then<MultiplyAdd>(0.3f, -1f)
                .Then<Divide>(3f).Then<Maximum>(-0.5f).Then<Minimum>(2f).Then<Subtract>(0.1f).Then<Exp>().To(py);
            Numbers.InAllWidths(fused, y, where => Numbers.Equal(expected, y, where));
        }

        for (int i = 0; i < width; i++)
        {
            float scalar = MathF.FusedMultiplyAdd(Elementary.Silu((x[i] * 1.7f) + bias[i]), 0.3f, -1f) / 3f;
            scalar = scalar > -0.5f ? scalar : -0.5f;
            Assert.Equal(Elementary.Exp((scalar < 2f ? scalar : 2f) - 0.1f), expected[i]);
        }
    }

    [Fact]
    public void StoredTypes_AreWidenedExactly_InEveryWidth()
    {
        const int Width = 16 * 3 + 5;
        var random = new Random(5);
        var bytes = new byte[Width * 2];
        random.NextBytes(bytes);
        for (int i = 0; i < Width; i++)
            bytes[(2 * i) + 1] &= 0x7B; // no infinities and no NaN as binary16
        var y = new float[Width];
        fixed (byte* p = bytes)
        {
            fixed (float* py = y)
            {
                var data = p;
                var halves = (ushort*)p;
                var target = py;
                Check<F16>(i => Float16.ToSingle(halves[i]));
                Check<BF16>(i => BFloat16.ToSingle(halves[i]));
                Check<I8>(i => (sbyte)data[i]);
                Check<U8>(i => data[i]);

                void Check<TElement>(Func<int, float> expected)
                    where TElement : unmanaged, IElement
                {
                    var kernel = Fuse.Read<TElement>(data, Width).Then<Multiply>(0.5f).To(target);
                    var want = Enumerable.Range(0, Width).Select(i => expected(i) * 0.5f).ToArray();
                    Numbers.InAllWidths(kernel, y, where => Numbers.Equal(want, y, $"{typeof(TElement).Name} {where}"));
                }
            }
        }
    }

    [Fact]
    public void AParameter_IsAReadOfItsOwn()
    {
        const int Width = 40, Height = 3;
        var (x, scale, shift) = (Numbers.Random(Width * Height, 1), Numbers.Random(Width, 2), Numbers.Random(Width, 3));
        var y = new float[Width * Height];
        fixed (float* px = x, ps = scale, ph = shift, py = y)
        {
            // One row of scales for all rows; the shift is a chain itself.
            var kernel = Fuse.Read<F32>(px, Width, Height).With(Fuse.Read(ps, Width), Fuse.Read(ph, Width).Then<Multiply>(2f))
                .Then<MultiplyAdd>().To(py);
            var expected = x.Select((value, i) => MathF.FusedMultiplyAdd(value, scale[i % Width], shift[i % Width] * 2f)).ToArray();
            Numbers.InAllWidths(kernel, y, where => Numbers.Equal(expected, y, where));
        }
    }

    [Fact]
    public void GroupsRepeatsAndStrips_HaveTheBitsOfTheLongChain()
    {
        const int Width = 5000;
        var (x, expected, y) = (Numbers.Random(Width, 1), new float[Width], new float[Width]);
        fixed (float* px = x, pe = expected, py = y)
        {
            Fuse.Read(px, Width).Then<Multiply>(0.9f).Then<Add>(1f).Then<Multiply>(0.9f).Then<Add>(1f).Then<Multiply>(0.9f)
                .Then<Add>(1f).Then<Silu>()
                .To(pe).Run();
            var twice = Group.Of<Multiply>(0.9f).Then<Add>(1f);
            var grouped = Fuse.Read(px, Width).Then(twice.Then(twice).Then(twice)).Then<Silu>().To(py);
            Numbers.InAllWidths(grouped, y, where => Numbers.Equal(expected, y, $"group {where}"));
            var repeated = Fuse.Read(px, Width).Then(twice.Repeat(3)).Then<Silu>().To(py);
            Numbers.InAllWidths(repeated, y, where => Numbers.Equal(expected, y, $"repeat {where}"));
            var strips = Fuse.Read(px, Width).Then(twice).Strip(twice.Then(twice)).Strip(Group.Of<Silu>()).To(py);
            Numbers.InAllWidths(strips, y, where => Numbers.Equal(expected, y, $"strips {where}"));
        }
    }

    [Fact]
    public void AMidWrite_HasTheValueBetweenTwoOperations()
    {
        const int Width = 37;
        var (x, middle, y) = (Numbers.Random(Width, 1), new float[Width], new float[Width]);
        fixed (float* px = x, pm = middle, py = y)
        {
            var kernel = Fuse.Read(px, Width).Then<Add>(1f).Also(new Target(pm, new(Width), 0, 0)).Then<Multiply>(2f).To(py);
            Numbers.InAllWidths(kernel, y, where =>
            {
                Numbers.Equal(x.Select(value => value + 1f).ToArray(), middle, where);
                Numbers.Equal(x.Select(value => (value + 1f) * 2f).ToArray(), y, where);
            });
        }
    }

    [Fact]
    public void AChain_IsOnePass_AndBuildingItReadsNothing()
    {
        const int Width = 1003;
        var (x, y) = (Numbers.Random(Width, 1), new float[Width]);
        long reads = 0, writes = 0;
        fixed (float* px = x, py = y)
        {
            var kernel = Fuse.From(new CountingRead(px, Width, 1, &reads)).Then<Multiply>(2f).Then<Add>(1f).Then<Silu>()
                .Then<Add>(1f).Then<Exp>()
                .Then<Maximum>(0f).To(new CountingWrite(py, Width, 1, &writes));
            Assert.Equal((0L, 0L), (reads, writes));
            kernel.Run();
            Assert.Equal((Width, Width), (reads, writes));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void AStreamedWrite_WritesTheSame_AlignedOrNot(int offset)
    {
        const int Width = 16 * 20 + 7, Height = 2;
        var x = Numbers.Random(Width * Height, 1);
        var expected = x.Select(value => value * 3f).ToArray();
        using var memory = new NativeBuffer(4 * 1024);
        var stride = offset == 0 ? 336 : Width;
        fixed (float* px = x)
        {
            var y = (float*)memory.Pointer + offset;
            var kernel = Fuse.Read<F32>(px, Width, Height).Then<Multiply>(3f).To(new Streamed(y, new(Width, Height), stride, 0));
            Numbers.InAllWidths(kernel, memory.AsSpan<float>(), where =>
            {
                for (int row = 0; row < Height; row++)
                    Numbers.Equal(expected.AsSpan(row * Width, Width), new ReadOnlySpan<float>(y + (row * stride), Width), where);
            });
        }
    }

    [Fact]
    public void Threads_DoNotChangeABit()
    {
        const int Width = 100_003, Height = 3;
        using var pool = new WorkerPool(3);
        var (x, expected, y) = (Numbers.Random(Width * Height, 1), new float[Width * Height], new float[Width * Height]);
        fixed (float* px = x, pe = expected, py = y)
        {
            Fuse.Read<F32>(px, Width, Height).Then<Silu>().Then<Add>(1f).To(pe).Run();
            Fuse.Read<F32>(px, Width, Height).Then<Silu>().Then<Add>(1f).To(py).Run(pool);
            Numbers.Equal(expected, y, "wide");
            Array.Clear(y);

            // Many short rows in several planes: threads take whole rows.
            Fuse.Read<F32>(px, 100, 50, 7).Then<Silu>().Then<Add>(1f).To(py).Run(pool);
            Numbers.Equal(expected.AsSpan(0, 100 * 50 * 7), y.AsSpan(0, 100 * 50 * 7), "rows");
        }
    }

    [Fact]
    public void InPlace_IsRight_WhereEveryPointReadsOnlyItself()
    {
        const int Width = 333;
        var (x, expected) = (Numbers.Random(Width, 1), new float[Width]);
        fixed (float* px = x, pe = expected)
        {
            Fuse.Read(px, Width).Then<Silu>().With(Fuse.Read(px, Width)).Then<Multiply>().To(pe).Run();
            Fuse.Read(px, Width).Then<Silu>().With(Fuse.Read(px, Width)).Then<Multiply>().To(px).Run();
        }

        Numbers.Equal(expected, x, "in place");
    }

    [Fact]
    public void WhatAUserDefines_StandsInAChainLikeTheLibrarysOwn()
    {
        const int Width = 21, Rows = 4;
        var (x, y) = (Numbers.Random(Width * Rows, 1), new float[Width * 6]);
        int[] table = [5, 0, 3, 2];
        fixed (float* px = x, py = y)
        {
            fixed (int* pt = table)
            {
                var kernel = Fuse.Read<F32>(px, Width, Rows).Then<Cube>().Then<Add>(1f).Back(default(Mirror))
                    .To(new ScatterRows(py, Width, Rows, pt));
                Numbers.InAllWidths(kernel, y, where =>
                {
                    for (int row = 0; row < Rows; row++)
                    {
                        var expected = x.Skip(row * Width).Take(Width).Select(value => (value * value * value) + 1f).Reverse().ToArray();
                        Numbers.Equal(expected, y.AsSpan(table[row] * Width, Width), where);
                    }
                });
            }
        }
    }

    [Fact]
    public void BuildingAndRunning_AllocatesNothing()
    {
        const int Width = 1000;
        using var pool = new WorkerPool(2);
        using var memory = new NativeBuffer(Width * 8);
        var x = (float*)memory.Pointer;
        var y = x + Width;
        Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Once();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Once()
        {
            var chain = Fuse.Read(x, Width).Then<Multiply>(2f).Then<Silu>().With(Fuse.Read(x, Width)).Then<Add>();
            chain.To(y).Run();
            chain.To(y).Run(pool);
            chain.Strip(Group.Of<Exp>().Repeat(2)).To(y).Run();
            Fuse.Read<F32>(x, 50, 20).Back(new Crop(3, 4, 20, 10)).Back(new Resize(40, 25)).Then<Add>(1f).To(y).Run();
            Fuse.Diverge(chain.To(y), Fuse.Read(x, 10).To(y)).Run();
        }
    }

    [Fact]
    public void PartsOfDifferentSizes_AreRefusedWhenTheyMeet()
    {
        var memory = stackalloc float[64];
        var error = Assert.Throws<ArgumentException>(() => Fuse.Read(memory, 16).With(Fuse.Read(memory, 17)).Then<Add>());
        Assert.Contains("16 columns meet 17", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Fuse.Read(memory, 16).To(new Target(memory, new(8), 8, 8)));
        Assert.Throws<ArgumentException>(() => Fuse.From(new Constant(1f)).To(memory));
        Assert.Throws<ArgumentOutOfRangeException>(() => Group.Of<Exp>().Repeat(-1));
    }
}

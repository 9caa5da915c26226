using Kvasir.Numerics.Fusion;

namespace Kvasir.Numerics.Tests.Fusion;

public sealed unsafe class BackFusionTests
{
    private const int Width = 300;
    private const int Height = 200;

    [Fact]
    public void ACrop_ReadsItsRectangleAndNothingElse()
    {
        var (image, y) = (Numbers.Random(Width * Height, 1), new float[30 * 20]);
        var reads = stackalloc long[1];
        fixed (float* p = image, py = y)
        {
            var kernel = Fuse.From(new CountingRead(p, Width, Height, reads)).Then<Multiply>(2f).Back(new Crop(100, 50, 30, 20))
                .Then<Add>(1f).To(py);
            Assert.Equal(0, *reads);
            Numbers.InAllWidths(kernel, y, where =>
            {
                Assert.Equal(30 * 20, *reads);
                *reads = 0;
                for (int i = 0; i < y.Length; i++)
                    Assert.Equal((image[((50 + (i / 30)) * Width) + 100 + (i % 30)] * 2f) + 1f, y[i]);
            });
        }
    }

    [Fact]
    public void AResizeOfACrop_ReadsFourSourcePixelsAPoint_WhateverTheSourcesSize()
    {
        var (image, y) = (Numbers.Random(Width * Height, 1), new float[47 * 31]);
        var reads = stackalloc long[1];
        fixed (float* p = image, py = y)
        {
            var kernel = Fuse.From(new CountingRead(p, Width, Height, reads)).Then<Multiply>(2f).Back(new Crop(100, 50, 30, 20))
                .Back(new Resize(47, 31))
                .Then<Subtract>(0.5f).To(py);
            Assert.Equal(new Extent(47, 31, 1), kernel.Extent);
            Numbers.InAllWidths(kernel, y, where =>
            {
                Assert.Equal(4 * 47 * 31, *reads);
                *reads = 0;
                for (int i = 0; i < y.Length; i++)
                    Assert.Equal(Bilinear(image, i % 47, i / 47) - 0.5f, y[i]);
            });
        }
    }

    [Fact]
    public void ResizingToTheSameSize_IsTheSameImage()
    {
        var (image, y) = (Numbers.Random(Width * Height, 1), new float[Width * Height]);
        fixed (float* p = image, py = y)
            Fuse.Read<F32>(p, Width, Height).Back(new Resize(Width, Height)).To(py).Run();
        Numbers.Equal(image, y, "same size");
    }

    [Fact]
    public void ABatchOfCrops_HasTheBitsOfEachAlone()
    {
        const int Crops = 5;
        var image = new byte[Width * Height];
        new Random(3).NextBytes(image);
        var (y, expected) = (new float[Crops * 64 * 32], new float[Crops * 64 * 32]);
        fixed (byte* p = image)
        {
            fixed (float* py = y, pe = expected)
            {
                var items = stackalloc Chain<ReadBack<Resize, ReadBack<Crop, Source<U8>>>>[Crops];
                for (int i = 0; i < Crops; i++)
                {
                    items[i] = Fuse.Read<U8>(p, Width, Height).Back(new Crop(20 * i, 10 * i, 60 + i, 90 - i)).Back(new Resize(64, 32));
                    items[i].Then<Divide>(255f).Then<Subtract>(0.5f).To(pe + (i * 64 * 32)).Run();
                }

                var kernel = Fuse.Batch(items, Crops).Then<Divide>(255f).Then<Subtract>(0.5f).To(py);
                Numbers.InAllWidths(kernel, y, where => Numbers.Equal(expected, y, where));
            }
        }
    }

    [Theory]
    [InlineData(-1, 0, 10, 10)]
    [InlineData(0, -1, 10, 10)]
    [InlineData(291, 0, 10, 10)]
    [InlineData(0, 191, 10, 10)]
    [InlineData(0, 0, 0, 10)]
    [InlineData(5, 0, long.MaxValue, 10)]
    public void ACropThatLeavesItsSource_IsRefused(long left, int top, long width, int height)
    {
        float pixel = 0;
        var chain = Fuse.Read<F32>(&pixel, Width, Height);
        Assert.Throws<ArgumentException>(() => chain.Back(new Crop(left, top, width, height)));
        Assert.Throws<ArgumentException>(() => chain.Back(new Resize(0, 5)));
    }

    /// <summary>The definition, for the crop of 30x20 at (100, 50) to 47x31, of the doubled image.</summary>
    private static float Bilinear(float[] image, int x, int y)
    {
        var (x0, x1, fx) = Position(x, 30f / 47, 29);
        var (y0, y1, fy) = Position(y, 20f / 31, 19);
        float above = Between(Pixel(x0, y0), Pixel(x1, y0), fx);
        float below = Between(Pixel(x0, y1), Pixel(x1, y1), fx);
        return Between(above, below, fy);

        float Pixel(int px, int py) => image[((50 + py) * Width) + 100 + px] * 2f;

        static float Between(float a, float b, float fraction) => MathF.FusedMultiplyAdd(b - a, fraction, a);

        static (int, int, float) Position(int index, float step, int last)
        {
            float position = Math.Clamp(MathF.FusedMultiplyAdd(index + 0.5f, step, -0.5f), 0f, last);
            return ((int)position, Math.Min((int)position + 1, last), position - (int)position);
        }
    }
}

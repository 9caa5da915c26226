namespace Kvasir.Numerics.Tests.Memory;

public sealed unsafe class NativeBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public void Buffer_IsZeroedAndAligned(int bytes)
    {
        // Dirty memory first, so that a missing clear shows.
        using (var dirty = new NativeBuffer((nuint)bytes))
            dirty.AsSpan<byte>().Fill(0xA5);
        using var buffer = new NativeBuffer((nuint)bytes);
        Assert.Equal(0u, (nuint)buffer.Pointer % NativeBuffer.Alignment);
        Assert.Equal((nuint)bytes, buffer.Length);
        Assert.Equal(bytes, buffer.AsSpan<byte>().Length);
        Assert.False(buffer.AsSpan<byte>().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void AsSpan_LeavesOutARemainderThatHoldsNoElement()
    {
        using var buffer = new NativeBuffer(15);
        Assert.Equal(3, buffer.AsSpan<float>().Length);
    }

    [Fact]
    public void DisposedBuffer_IsNotReadable()
    {
        var buffer = new NativeBuffer(16);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)buffer.Pointer);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan<int>().Length);
    }
}

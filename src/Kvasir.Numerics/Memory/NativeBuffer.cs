using System.Runtime.InteropServices;
using Kvasir.Numerics.Memory;

namespace Kvasir.Numerics;

/// <summary>Zeroed memory outside the managed heap, aligned to a cache line, with one owner.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Alignment of the first byte.</summary>
    public const int Alignment = 64;

    private readonly VirtualRegion? _region;
    private byte* _pointer;

    /// <summary>Allocates <paramref name="length"/> bytes; the allocation is rounded up to whole cache lines.</summary>
    public NativeBuffer(nuint length)
    {
        Length = length;
        var bytes = (Math.Max(length, 1) + (Alignment - 1)) & ~(nuint)(Alignment - 1);
        if (HugePages.AreWorthIt(bytes))
        {
            (_region, var address) = HugePages.Allocate(bytes);
            _pointer = (byte*)address;
            return;
        }

        _pointer = (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_pointer, bytes);
    }

    /// <summary>Frees the memory of a buffer that was not disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>First byte.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>The memory as elements.</summary>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new(Pointer, checked((int)(Length / (nuint)sizeof(T))));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_region is not null)
            _region.Dispose();
        else
            NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}

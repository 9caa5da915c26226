using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Kvasir.Models;

/// <summary>A file mapped read-only into memory. Every access is checked against its length.</summary>
internal sealed unsafe partial class MappedFile : ITensorMemory, IDisposable
{
    private const int AdviseNotNeeded = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _pointer;

    private MappedFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        _file = file;
        _view = view;
        Length = length;
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _pointer = pointer + view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="ModelFormatException">The file is empty.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static MappedFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        long length = stream.Length;
        if (length == 0)
        {
            stream.Dispose();
            throw new ModelFormatException(path, "the file is empty");
        }

        var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, false);
        try
        {
            return new MappedFile(path, file, file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The address of <paramref name="length"/> bytes at <paramref name="offset"/>; valid until disposal.</summary>
    /// <exception cref="ModelFormatException">The range leaves the file.</exception>
    public byte* At(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_pointer == null, this);
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ModelFormatException(Path, $"{length} bytes were expected, but the file ends at byte {Length}", offset);
        return _pointer + offset;
    }

    /// <summary>A view of at most 2 GiB.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length) => new(At(offset, length), length);

    /// <summary>
    /// Lets go of the memory that whole pages of a range take in this process; they are read again when they are touched. A wish only.
    /// </summary>
    public void Release(long offset, long length)
    {
        nint page = Environment.SystemPageSize;
        nint start = ((nint)At(offset, length) + page - 1) / page * page;
        nint end = ((nint)_pointer + (nint)(offset + length)) / page * page;
        if (end > start && !OperatingSystem.IsWindows())
            _ = MemoryAdvise((void*)start, (nuint)(end - start), AdviseNotNeeded);
    }

    public void Dispose()
    {
        if (_pointer == null)
            return;
        _pointer = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}

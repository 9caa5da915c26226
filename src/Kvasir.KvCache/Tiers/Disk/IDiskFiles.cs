using Microsoft.Win32.SafeHandles;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>What a disk tier does to its object files: the seam at which tests let a medium fail.</summary>
internal interface IDiskFiles
{
    /// <summary>Opens a file that must be a plain file of exactly this size.</summary>
    /// <exception cref="InvalidDataException">It is a link, or has another size.</exception>
    SafeFileHandle OpenRead(string path, long bytes);

    /// <summary>Makes a file that is not there yet.</summary>
    SafeFileHandle Create(string path);

    /// <summary>Fills the span from an offset on.</summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    void Read(SafeFileHandle file, Span<byte> bytes, long offset);

    void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset);

    void Flush(SafeFileHandle file);

    void Move(string from, string to);

    /// <summary>Deletes a file; nothing happens when it is not there.</summary>
    void Delete(string path);
}

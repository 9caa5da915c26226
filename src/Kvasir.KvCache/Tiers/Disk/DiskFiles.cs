using Microsoft.Win32.SafeHandles;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>The real files.</summary>
internal sealed class DiskFiles : IDiskFiles
{
    public static DiskFiles Instance { get; } = new();

    public SafeFileHandle OpenRead(string path, long bytes)
    {
        // Looked at before it is opened: opening a pipe would wait for ever, and a link would lead out of the folder.
        var info = new FileInfo(path);
        if (!info.Exists)
            throw new FileNotFoundException($"{path} is gone", path);
        if (info.Attributes.HasFlag(FileAttributes.ReparsePoint))
            throw new InvalidDataException($"{path} is a link");
        if (info.Length != bytes)
            throw new InvalidDataException($"{path} has {info.Length} bytes instead of {bytes}");
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    public SafeFileHandle Create(string path) => File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);

    public void Read(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
                throw new EndOfStreamException($"the file ends at {offset}");
            bytes = bytes[read..];
            offset += read;
        }
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    public void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public void Move(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone with its folder.
        }
    }
}

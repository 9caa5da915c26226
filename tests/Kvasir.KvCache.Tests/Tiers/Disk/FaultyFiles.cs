using Kvasir.KvCache.Tiers.Disk;
using Microsoft.Win32.SafeHandles;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>Files of a medium that fails now and then: full, torn, unreadable, with flipped bits, undeletable.</summary>
internal sealed class FaultyFiles(Random random) : IDiskFiles
{
    private const int NoSpaceLeft = 28;
    private readonly DiskFiles _real = DiskFiles.Instance;

    /// <summary>One operation in so many fails; 0 for none.</summary>
    public int Rate { get; set; }

    public bool FailFlush { get; set; }

    public bool FailDelete { get; set; }

    /// <summary>Faults so far.</summary>
    public int Faults { get; private set; }

    /// <summary>Bytes that still fit on the medium.</summary>
    public long Room { get; set; } = long.MaxValue;

    public SafeFileHandle OpenRead(string path, long bytes)
    {
        if (Fails())
            throw new IOException("input/output error");
        return _real.OpenRead(path, bytes);
    }

    public SafeFileHandle Create(string path)
    {
        if (Fails())
            throw new UnauthorizedAccessException("permission denied");
        return _real.Create(path);
    }

    public void Read(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        if (Fails())
            throw new IOException("input/output error");
        _real.Read(file, bytes, offset);
        if (bytes.Length > 0 && Fails())
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length > Room || Fails())
        {
            // Torn: a part is written, and then there is no room.
            var part = random.Next((int)Math.Min(bytes.Length, Room));
            _real.Write(file, bytes[..part], offset);
            Take(part);
            throw new IOException("no space left on device", NoSpaceLeft);
        }

        _real.Write(file, bytes, offset);
        Take(bytes.Length);
    }

    public void Flush(SafeFileHandle file)
    {
        if (FailFlush || Fails())
            throw new IOException("input/output error");
        _real.Flush(file);
    }

    public void Move(string from, string to)
    {
        if (Fails())
            throw new IOException("input/output error");
        _real.Move(from, to);
    }

    public void Delete(string path)
    {
        if (FailDelete || Fails())
            throw new UnauthorizedAccessException("permission denied");
        var bytes = new FileInfo(path) is { Exists: true } info ? info.Length : 0;
        _real.Delete(path);
        Take(-bytes);
    }

    private void Take(long bytes) => Room -= Room == long.MaxValue ? 0 : bytes;

    private bool Fails()
    {
        if (Rate == 0 || random.Next(Rate) != 0)
            return false;
        Faults++;
        return true;
    }
}

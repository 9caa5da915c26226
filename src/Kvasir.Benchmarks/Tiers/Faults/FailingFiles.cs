using Kvasir.KvCache.Tiers.Disk;
using Microsoft.Win32.SafeHandles;

namespace Kvasir.Benchmarks.Tiers.Faults;

/// <summary>Files whose operations fail now and then, and a disk that is full for a while.</summary>
internal sealed class FailingFiles(int seed) : IDiskFiles
{
    private const int DiskFull = unchecked((int)0x80070070);

    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private long _injected;

    /// <summary>Share of the operations that fail.</summary>
    public double FailureRate { get; set; }

    /// <summary>Writes find no room.</summary>
    public bool IsFull { get; set; }

    /// <summary>Operations that were made to fail.</summary>
    public long Injected => Interlocked.Read(ref _injected);

    public SafeFileHandle OpenRead(string path, long bytes)
    {
        MayFail("open");
        return DiskFiles.Instance.OpenRead(path, bytes);
    }

    public SafeFileHandle Create(string path)
    {
        MayFail("create");
        return DiskFiles.Instance.Create(path);
    }

    public void Read(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        MayFail("read");
        DiskFiles.Instance.Read(file, bytes, offset);
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        MayFail("write");
        if (IsFull)
        {
            Interlocked.Increment(ref _injected);

            // A part of it still finds room, as on a real disk.
            DiskFiles.Instance.Write(file, bytes[..(bytes.Length / 2)], offset);
            throw new IOException("No space left on device", OperatingSystem.IsWindows() ? DiskFull : 28);
        }

        DiskFiles.Instance.Write(file, bytes, offset);
    }

    public void Flush(SafeFileHandle file) => DiskFiles.Instance.Flush(file);

    public void Move(string from, string to)
    {
        MayFail("rename");
        DiskFiles.Instance.Move(from, to);
    }

    public void Delete(string path)
    {
        MayFail("delete");
        DiskFiles.Instance.Delete(path);
    }

    private void MayFail(string what)
    {
        lock (_gate)
        {
            if (_random.NextDouble() >= FailureRate)
                return;
            _injected++;
        }

        throw new IOException($"planted: the {what} failed");
    }
}

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Small files that are replaced whole, and read within bounds.</summary>
internal static class WholeFile
{
    /// <summary>Ending of a name that is not yet the real one.</summary>
    public const string TemporaryExtension = ".tmp";

    /// <summary>Replaces a file; a kill or a power cut leaves the old one or the new one.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = path + TemporaryExtension;
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a file; null when it is not there, is a link, or has not between <paramref name="min"/> and <paramref name="max"/> bytes.</summary>
    public static byte[]? Read(string path, long min, long max)
    {
        // A pipe has no length, so it is not opened: that would wait for ever.
        var info = new FileInfo(path);
        return info.Exists && info.Length >= Math.Max(1, min) && info.Length <= max && !info.Attributes.HasFlag(FileAttributes.ReparsePoint)
            ? File.ReadAllBytes(path)
            : null;
    }
}

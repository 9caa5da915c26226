using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Files with secrets: only their owner reads them, they appear whole or not at all, and the first to make one wins.</summary>
internal static partial class SecretFile
{
    private const int MaxBytes = 1 << 16;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads a secret; makes it first when it is not there and <paramref name="create"/> is given.</summary>
    /// <exception cref="CacheFolderException">Others could read it, or it cannot be read or made.</exception>
    public static byte[] Read(string path, Func<byte[]>? create)
    {
        try
        {
            if (!File.Exists(path) && create is not null)
                Create(path, create());
            CheckMode(path);
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            if (length > MaxBytes)
                throw new CacheFolderException($"the key file {path} has {length} bytes; it is no key file");
            var bytes = new byte[length];
            var read = RandomAccess.Read(file, bytes, 0);
            return read == bytes.Length ? bytes : throw new CacheFolderException($"the key file {path} changed while it was read; try again");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CacheFolderException($"there is no key file {path}; it belongs to the cache and is made when the cache is first written", exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || (exception is IOException and not CacheFolderException))
        {
            throw new CacheFolderException($"the key file {path} cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Makes a folder that only its owner enters.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, Private | UnixFileMode.UserExecute);
    }

    private static void Create(string path, byte[] bytes)
    {
        CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Private;
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            // A link never replaces: of two processes that make a secret at the same time one wins, and both read that one. File.Move
            // looks first and renames then, so it is only for file systems without links.
            if (OperatingSystem.IsWindows() || (Link(temporary, path) != 0 && !File.Exists(path)))
                File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process made it first: its secret counts.
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    private static void CheckMode(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var mode = File.GetUnixFileMode(path);
        if ((mode & Others) != 0)
            throw new CacheFolderException($"the key file {path} is open to others (mode {Convert.ToString((int)mode, 8)}); run: chmod 600 {path}");
    }
}

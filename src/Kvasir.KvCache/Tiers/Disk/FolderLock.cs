using System.Globalization;
using System.Text;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Keeps a second process from writing a folder. The lock goes with its process, however that ends.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string FileName = "lock";
    private const int MaxHolderLength = 200;
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="CacheFolderException">Another holds it; the message names it.</exception>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            // An advisory lock (flock) where there are no mandatory ones.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
            var holder = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}");
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(holder));
            return new FolderLock(file);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new CacheFolderException($"the cache {folder} cannot be written: {exception.Message}", exception);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new CacheFolderException($"the cache {folder} is in use by {Holder(path)}; stop it, or choose another folder", exception);
        }
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[MaxHolderLength];
            var text = Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return text.Length > 0 && !text.Any(char.IsControl) ? text : "another process";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}

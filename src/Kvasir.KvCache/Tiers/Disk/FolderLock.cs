using System.Globalization;
using System.Text;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Keeps a second process from writing a folder. The lock goes with its process, however that ends.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string FileName = "lock";

    /// <summary>A file of its own: the locked one cannot be read.</summary>
    private const string HolderName = "lock.holder";
    private const int MaxHolderBytes = 200;
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="CacheFolderException">Another holds it; the message names it.</exception>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        FileStream? file = null;
        try
        {
            // An advisory lock (flock) where there are no mandatory ones.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
            var holder = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}");
            WholeFile.Write(Path.Combine(folder, HolderName), Encoding.UTF8.GetBytes(holder));
            return new FolderLock(file);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || (file is not null && exception is IOException))
        {
            file?.Dispose();
            throw new CacheFolderException($"the cache {folder} cannot be written: {exception.Message}", exception);
        }
        catch (IOException exception) when (file is null && exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new CacheFolderException($"the cache {folder} is in use by {Holder(folder)}; stop it, or choose another folder", exception);
        }
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(string folder)
    {
        try
        {
            var text = Encoding.UTF8.GetString(WholeFile.Read(Path.Combine(folder, HolderName), 1, MaxHolderBytes) ?? []);
            return text.Length > 0 && !text.Any(char.IsControl) ? text : "another process";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}

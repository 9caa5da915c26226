using Microsoft.Win32.SafeHandles;

namespace Kvasir.Models.Hub;

/// <summary>Where a file that is being loaded lies, named after its digest: another content is another partial file.</summary>
internal sealed class PartialFile(string folder, FileDigest digest)
{
    private const string DataExtension = ".part";
    private const string StateExtension = ".state";

    private readonly string _state = System.IO.Path.Combine(folder, digest.Hex + StateExtension);

    public string Path { get; } = System.IO.Path.Combine(folder, digest.Hex + DataExtension);

    /// <summary>The state that fits the file; null when it begins anew.</summary>
    public DownloadState? Load(HubFile file, long partBytes) =>
        new FileInfo(Path) is { Exists: true } data && data.Length == file.Bytes ? DownloadState.Load(_state, file, partBytes) : null;

    /// <summary>Bytes that are there already.</summary>
    public long Loaded(HubFile file, long partBytes) => Load(file, partBytes)?.Loaded ?? 0;

    /// <summary>Opens the data with its final length; what was not written takes no room where the system can leave holes.</summary>
    public SafeFileHandle Open(long bytes)
    {
        Directory.CreateDirectory(folder);
        var handle = File.OpenHandle(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
        try
        {
            RandomAccess.SetLength(handle, bytes);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Save(DownloadState state) => state.Save(_state);

    public void Delete()
    {
        File.Delete(_state);
        File.Delete(Path);
    }

    /// <summary>Makes the finished file visible.</summary>
    public void MoveTo(string path)
    {
        File.Move(Path, path, overwrite: true);
        File.Delete(_state);
    }

    /// <summary>Deletes what was loaded of files that have another content now.</summary>
    /// <param name="folder">The folder of partial files.</param>
    /// <param name="files">The files as they are now.</param>
    public static void DeleteOutdated(string folder, IReadOnlyList<HubFile> files)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string state in Directory.GetFiles(folder, "*" + StateExtension))
        {
            string hex = System.IO.Path.GetFileNameWithoutExtension(state);
            if (DownloadState.FileOf(state) is { } path && files.Any(file => file.Path == path) && files.All(file => file.Digest.Hex != hex))
            {
                File.Delete(System.IO.Path.Combine(folder, hex + DataExtension));
                File.Delete(state);
            }
        }
    }
}

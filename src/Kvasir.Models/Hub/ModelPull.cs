namespace Kvasir.Models.Hub;

/// <summary>
/// Loads a model from a hub into the models folder. Interrupted at any point, the next pull of the same reference goes on from there;
/// a file gets its name only after its digest was checked.
/// </summary>
/// <param name="folder">Where models lie.</param>
/// <param name="options">How the hub is spoken to.</param>
/// <param name="progress">Told of every step, one call at a time, from any thread.</param>
public sealed class ModelPull(ModelsFolder folder, HubOptions options, IProgress<PullProgress>? progress = null)
{
    /// <summary>Stays free on the disk, bytes.</summary>
    private const long Reserve = 64L << 20;

    private readonly Lock _reporting = new();
    private HubFile? _current;
    private long _currentLoaded;
    private long _loaded;
    private long _total;

    /// <summary>Loads what is missing.</summary>
    /// <exception cref="HubException">The hub refuses, fails, or gives what cannot be used.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written, or another process pulls the same model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was loaded is kept.</exception>
    public async Task<PullResult> RunAsync(HubReference reference, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Connections, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Connections, HubOptions.MaxConnections);
        if (options.Offline)
            return Offline(reference);
        using var hold = folder.Lock(reference.Id);
        using var client = new HubClient(options);
        var revision = await client.ListAsync(reference, cancellation).ConfigureAwait(false);
        var files = FileSelection.Select(revision, reference.Selector);
        var manifest = Begin(reference, revision, files);
        _total = files.Sum(file => file.Bytes);
        var missing = new List<HubFile>();
        foreach (var file in files)
        {
            if (await IsThereAsync(manifest, file, cancellation).ConfigureAwait(false))
                manifest = Complete(manifest, file);
            else
                missing.Add(file);
        }

        CheckSpace(reference.Id, missing);
        long before = _loaded + missing.Sum(file => Place(reference.Id, file).Loaded(file, options.PartBytes));
        foreach (var file in missing)
        {
            _current = file;
            _currentLoaded = 0;
            await LoadAsync(client, revision, file, cancellation).ConfigureAwait(false);
            manifest = Complete(manifest, file);
        }

        return Result(reference, manifest, files) with { LoadedBytes = Math.Max(0, _loaded - before) };
    }

    /// <summary>Notes down what is asked for, so that half of it is known to be half.</summary>
    private ModelManifest Begin(HubReference reference, HubRevision revision, IReadOnlyList<HubFile> files)
    {
        string name = reference.Revision ?? ModelsFolder.DefaultRevision;
        var known = folder.Manifests(reference.Id);
        var manifest = known.FirstOrDefault(manifest => manifest.Commit == revision.Commit)
            ?? new ModelManifest { Id = reference.Id, Commit = revision.Commit, Pulled = options.Time.GetUtcNow() };
        var had = manifest.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        manifest = manifest.With(files.Select(file => new ManifestFile(
            file.Path,
            file.Bytes,
            file.Digest,
            had.TryGetValue(file.Path, out var old) && old.Digest == file.Digest && folder.IsThere(manifest, old)))) with
        {
            Pulled = options.Time.GetUtcNow(),
            Revisions = name.Equals(revision.Commit, StringComparison.OrdinalIgnoreCase) ? manifest.Revisions : [.. manifest.Revisions.Append(name).Distinct()],
        };
        Directory.CreateDirectory(folder.RevisionFolder(manifest.Id, manifest.Commit));
        foreach (var other in known.Where(other => other.Commit != manifest.Commit && other.Revisions.Contains(name)))
            Write(other with { Revisions = [.. other.Revisions.Where(revision => revision != name)] });
        Write(manifest);
        PartialFile.DeleteOutdated(folder.PartialFolder(manifest.Id), files);
        return manifest;
    }

    private async Task<bool> IsThereAsync(ModelManifest manifest, HubFile file, CancellationToken cancellation)
    {
        if (folder.IsThere(manifest, manifest.Files.Single(known => known.Path == file.Path)))
            return true;
        string path = PathOf(manifest, file);
        if (await IsAsync(path, file, cancellation).ConfigureAwait(false))
            return true;
        foreach (var other in folder.Manifests(manifest.Id).Where(other => other.Commit != manifest.Commit))
        {
            foreach (var same in other.Files.Where(same => same.Digest == file.Digest && folder.IsThere(other, same)))
            {
                string from = folder.FilePath(other, same);
                if (!await IsAsync(from, file, cancellation).ConfigureAwait(false))
                    continue;
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Delete(path);
                if (!HardLink.TryCreate(from, path))
                    File.Copy(from, path);
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a file of this size is there and has the digest: one that got its name just before an interruption.</summary>
    private static async Task<bool> IsAsync(string path, HubFile file, CancellationToken cancellation) =>
        new FileInfo(path) is { Exists: true } found && found.Length == file.Bytes
        && await file.Digest.OfAsync(path, cancellation).ConfigureAwait(false) == file.Digest;

    private void CheckSpace(string id, List<HubFile> missing)
    {
        if (missing.Count == 0)
            return;
        long needed = missing.Sum(file => file.Bytes - Place(id, file).Loaded(file, options.PartBytes));
        long free = options.FreeBytes?.Invoke(folder.Path) ?? new DriveInfo(folder.Path).AvailableFreeSpace;
        if (needed > free - Reserve)
            throw new IOException(FormattableString.Invariant($"{id} needs {needed / 1048576.0:0.0} MiB in {folder.Path}, where {free / 1048576.0:0.0} MiB are free; make room ('kvasir rm'), or name another folder with {ModelsFolder.Variable}"));
    }

    private async Task LoadAsync(HubClient client, HubRevision revision, HubFile file, CancellationToken cancellation)
    {
        var place = Place(revision.Id, file);
        if (file.Bytes == 0)
            place.Open(0).Dispose();
        await new FileDownload(options, new FileSource(client, revision, file), file, place, Moved).RunAsync(cancellation).ConfigureAwait(false);
        string path = HubPath.Join(folder.RevisionFolder(revision.Id, revision.Commit), file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        place.MoveTo(path);
    }

    private ModelManifest Complete(ModelManifest manifest, HubFile file)
    {
        if (_current != file)
            _loaded += file.Bytes;
        manifest = manifest.With([new ManifestFile(file.Path, file.Bytes, file.Digest, Complete: true)]);
        Write(manifest);
        progress?.Report(new PullProgress(file.Path, file.Bytes, file.Bytes, _loaded, _total, Done: true));
        return manifest;
    }

    private void Moved(long bytes)
    {
        lock (_reporting)
        {
            _currentLoaded += bytes;
            _loaded += bytes;
            progress?.Report(new PullProgress(_current!.Path, _currentLoaded, _current.Bytes, _loaded, _total, Done: false));
        }
    }

    private PullResult Offline(HubReference reference) => folder.Find(reference) is { } model
        ? new PullResult(model.Id, reference.Revision ?? ModelsFolder.DefaultRevision, model.Commit, model.Path, model.Files.Count, model.Bytes, 0)
        : throw new HubException(HubProblem.Offline, $"{reference} is not in {folder.Path}, and {HubEnvironment.OfflineVariable} forbids to ask the hub");

    private PullResult Result(HubReference reference, ModelManifest manifest, IReadOnlyList<HubFile> files)
    {
        var asked = files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var models = folder.Models(manifest).Where(model => model.Kind != StoredKind.Files && model.Files.Any(file => asked.Contains(file.Path))).ToArray();
        string path = models.Length == 1 ? models[0].Path : folder.RevisionFolder(manifest.Id, manifest.Commit);
        return new PullResult(manifest.Id, reference.Revision ?? ModelsFolder.DefaultRevision, manifest.Commit, path, files.Count, _total, 0);
    }

    private void Write(ModelManifest manifest) => manifest.Write(folder.ManifestPath(manifest.Id, manifest.Commit));

    private string PathOf(ModelManifest manifest, HubFile file) => HubPath.Join(folder.RevisionFolder(manifest.Id, manifest.Commit), file.Path);

    private PartialFile Place(string id, HubFile file) => new(folder.PartialFolder(id), file.Digest);
}

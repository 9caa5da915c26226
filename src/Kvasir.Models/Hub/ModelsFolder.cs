namespace Kvasir.Models.Hub;

/// <summary>
/// The folder where pulled models lie: <c>OWNER/NAME/COMMIT/…</c> with a manifest <c>OWNER/NAME/COMMIT.json</c> and what is still
/// being loaded in <c>OWNER/NAME/partial</c>. Files that revisions have in common are one file with several names.
/// </summary>
public sealed class ModelsFolder(string path)
{
    /// <summary>Names another folder.</summary>
    public const string Variable = "KVASIR_MODELS";

    /// <summary>What is loaded when no revision is named.</summary>
    public const string DefaultRevision = "main";

    private const string Partial = "partial";
    private const string Locks = ".locks";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The folder that the environment names, or the user's data folder.</summary>
    /// <param name="variable">Gives a variable's value, or null.</param>
    public static ModelsFolder Default(Func<string, string?> variable)
    {
        if (variable(Variable) is { Length: > 0 } named)
            return new ModelsFolder(named);
        if (variable("XDG_DATA_HOME") is { Length: > 0 } data && System.IO.Path.IsPathFullyQualified(data))
            return new ModelsFolder(System.IO.Path.Combine(data, "kvasir", "models"));
        string home = variable("HOME") is { Length: > 0 } given ? given : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string local = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : System.IO.Path.Combine(home, ".local", "share");
        return new ModelsFolder(System.IO.Path.Combine(local, "kvasir", "models"));
    }

    /// <summary>All models, by name, the last pulled revision first.</summary>
    /// <exception cref="ModelFormatException">A manifest is damaged.</exception>
    public IReadOnlyList<StoredModel> List() =>
    [
        .. Ids().SelectMany(id => Manifests(id).SelectMany(Models)),
    ];

    /// <summary>The models that a reference means: all of its revisions and quantisations unless it names one.</summary>
    /// <exception cref="ModelFormatException">A manifest is damaged.</exception>
    public IReadOnlyList<StoredModel> Matching(HubReference reference) =>
    [
        .. Ids().Where(id => id.Equals(reference.Id, StringComparison.OrdinalIgnoreCase))
            .SelectMany(id => Manifests(id).SelectMany(Models))
            .Where(model => model.Matches(reference)),
    ];

    /// <summary>The one model to run that a reference means, of the revision that was pulled last; null when none was pulled.</summary>
    /// <exception cref="InvalidOperationException">It is incomplete, or there are several to choose from.</exception>
    /// <exception cref="ModelFormatException">A manifest is damaged.</exception>
    public StoredModel? Find(HubReference reference)
    {
        StoredModel[] candidates = [.. Matching(reference).Where(model => model.Kind != StoredKind.Files)];
        if (candidates.Length == 0)
            return null;
        StoredModel[] complete = [.. candidates.Where(model => model.Complete)];
        if (complete.Length == 0)
            throw new InvalidOperationException($"{reference} is not loaded to its end; 'kvasir pull {reference}' goes on");
        StoredModel[] last = [.. complete.Where(model => model.Commit == complete[0].Commit)];
        return last.Length == 1
            ? last[0]
            : throw new InvalidOperationException($"{reference} is several models here; choose one: {string.Join(", ", last.Select(Choice))}");

        string Choice(StoredModel model) => last.Count(other => other.Name == model.Name) == 1 ? model.Name : $"{model.Id}:{model.Files[0].Path}";
    }

    /// <summary>Deletes models with what was loaded of them in part. Files that another revision shares stay there.</summary>
    /// <returns>Bytes that became free.</returns>
    /// <exception cref="IOException">A file cannot be deleted, or the model is being pulled.</exception>
    public long Remove(IReadOnlyList<StoredModel> models)
    {
        long freed = 0;
        foreach (var group in models.GroupBy(model => model.Id))
        {
            using var hold = Lock(group.Key);
            foreach (var model in group)
                freed += Remove(model);
            if (!Manifests(group.Key).Any())
                DeleteIfThere(PartialFolder(group.Key));
            DeleteEmpty(RepositoryFolder(group.Key));
            DeleteEmpty(System.IO.Path.GetDirectoryName(RepositoryFolder(group.Key))!);
        }

        return freed;
    }

    internal string RevisionFolder(string id, string commit) => System.IO.Path.Combine(RepositoryFolder(id), commit);

    internal string PartialFolder(string id) => System.IO.Path.Combine(RepositoryFolder(id), Partial);

    internal string ManifestPath(string id, string commit) => System.IO.Path.Combine(RepositoryFolder(id), commit + ModelManifest.Extension);

    /// <summary>A repository's manifests, the last pulled first.</summary>
    internal IReadOnlyList<ModelManifest> Manifests(string id)
    {
        string folder = RepositoryFolder(id);
        if (!Directory.Exists(folder))
            return [];
        return
        [
            .. Directory.GetFiles(folder, "*" + ModelManifest.Extension)
                .Where(file => FileDigest.IsHex(System.IO.Path.GetFileNameWithoutExtension(file), 40))
                .Select(file => ModelManifest.Read(file, id))
                .OrderByDescending(manifest => manifest.Pulled)
                .ThenBy(manifest => manifest.Commit, StringComparer.Ordinal),
        ];
    }

    /// <summary>The models that a manifest's files are.</summary>
    internal IEnumerable<StoredModel> Models(ModelManifest manifest)
    {
        var groups = GgufGroup.Of(manifest.Files.Select(file => file.Path));
        var grouped = groups.SelectMany(group => group.Paths).ToHashSet(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var model = Model(manifest, StoredKind.Gguf, group.Paths[0], file => group.Paths.Contains(file.Path));
            yield return model with { Quantization = group.Quantization, Complete = model.Complete && group.Paths.Count == group.Parts };
        }

        if (manifest.Files.All(file => grouped.Contains(file.Path)))
            yield break;
        bool runs = manifest.Files.Any(file => file.Path is "config.json" or "adapter_config.json")
            && manifest.Files.Any(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal));
        yield return Model(manifest, runs ? StoredKind.SafeTensors : StoredKind.Files, null, file => !grouped.Contains(file.Path));
    }

    /// <summary>Whether a manifest's file is there as it was loaded.</summary>
    internal bool IsThere(ModelManifest manifest, ManifestFile file) =>
        file.Complete && new FileInfo(FilePath(manifest, file)) is { Exists: true } found && found.Length == file.Bytes;

    internal string FilePath(ModelManifest manifest, ManifestFile file) => HubPath.Join(RevisionFolder(manifest.Id, manifest.Commit), file.Path);

    /// <summary>Keeps other processes from changing a repository's files until it is disposed.</summary>
    /// <exception cref="IOException">Another process does.</exception>
    internal IDisposable Lock(string id)
    {
        string folder = System.IO.Path.Combine(Path, Locks);
        Directory.CreateDirectory(folder);
        string name = id.ToLowerInvariant().Replace("/", "--", StringComparison.Ordinal);
        try
        {
            return new FileStream(System.IO.Path.Combine(folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException exception) when (exception is not DirectoryNotFoundException)
        {
            throw new IOException($"another process pulls or removes {id}; wait for it to end", exception);
        }
    }

    private string RepositoryFolder(string id) => HubPath.Join(Path, id);

    private IEnumerable<string> Ids() => Directory.Exists(Path)
        ? from owner in Directory.GetDirectories(Path).Order(StringComparer.Ordinal)
          where HubReference.IsName(System.IO.Path.GetFileName(owner))
          from name in Directory.GetDirectories(owner).Order(StringComparer.Ordinal)
          where HubReference.IsName(System.IO.Path.GetFileName(name))
          select $"{System.IO.Path.GetFileName(owner)}/{System.IO.Path.GetFileName(name)}"
        : [];

    private StoredModel Model(ModelManifest manifest, StoredKind kind, string? path, Func<ManifestFile, bool> belongs)
    {
        ManifestFile[] files = [.. manifest.Files.Where(belongs)];
        string folder = RevisionFolder(manifest.Id, manifest.Commit);
        return new StoredModel
        {
            Id = manifest.Id,
            Commit = manifest.Commit,
            Revisions = manifest.Revisions,
            Kind = kind,
            Path = path is null ? folder : HubPath.Join(folder, path),
            Bytes = files.Sum(file => file.Bytes),
            Complete = files.All(file => IsThere(manifest, file)),
            Pulled = manifest.Pulled,
            Files = files,
        };
    }

    private long Remove(StoredModel model)
    {
        var manifests = Manifests(model.Id);
        var own = manifests.Single(manifest => manifest.Commit == model.Commit);
        var shared = manifests.Where(manifest => manifest.Commit != model.Commit)
            .SelectMany(manifest => manifest.Files.Where(file => IsThere(manifest, file)))
            .Select(file => file.Digest)
            .ToHashSet();
        string folder = RevisionFolder(model.Id, model.Commit);
        long freed = 0;
        foreach (var file in model.Files)
        {
            string path = FilePath(own, file);
            if (File.Exists(path) && !shared.Contains(file.Digest))
                freed += new FileInfo(path).Length;
            if (Directory.Exists(System.IO.Path.GetDirectoryName(path)))
                File.Delete(path);
            if (Directory.Exists(PartialFolder(model.Id)))
                new PartialFile(PartialFolder(model.Id), file.Digest).Delete();
            for (string? parent = System.IO.Path.GetDirectoryName(path); parent is not null && parent.Length >= folder.Length; parent = System.IO.Path.GetDirectoryName(parent))
                DeleteEmpty(parent);
        }

        var left = own with { Files = [.. own.Files.Where(file => model.Files.All(removed => removed.Path != file.Path))] };
        string manifestPath = ManifestPath(model.Id, model.Commit);
        if (left.Files.Count > 0)
            left.Write(manifestPath);
        else
            File.Delete(manifestPath);
        return freed;
    }

    private static void DeleteEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

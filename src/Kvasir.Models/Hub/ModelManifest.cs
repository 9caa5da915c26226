using System.Globalization;

namespace Kvasir.Models.Hub;

/// <summary>What was asked for of a repository at a commit, and what of it is there. It lies beside the commit's folder.</summary>
internal sealed record ModelManifest
{
    public const string Extension = ".json";

    private const int Version = 1;
    private const long MaxBytes = 64 << 20;

    public required string Id { get; init; }

    public required string Commit { get; init; }

    /// <summary>Branches and tags that meant this commit when they were asked for last.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = [];

    /// <summary>When something was last asked for.</summary>
    public required DateTimeOffset Pulled { get; init; }

    public IReadOnlyList<ManifestFile> Files { get; init; } = [];

    /// <summary>The manifest with files added, or put in the place of those of the same name.</summary>
    public ModelManifest With(IEnumerable<ManifestFile> files)
    {
        var all = Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        foreach (var file in files)
            all[file.Path] = file;
        return this with { Files = [.. all.Values.OrderBy(file => file.Path, StringComparer.Ordinal)] };
    }

    /// <exception cref="ModelFormatException">The file is damaged.</exception>
    public static ModelManifest Read(string path, string id)
    {
        var json = JsonFile.Read(path, MaxBytes);
        var version = json.Get("version");
        if (version.Int(0, int.MaxValue) != Version)
            throw version.Error($"manifests of version {version.Int(0, int.MaxValue)} are not read; delete the file and pull again");
        string commit = Path.GetFileNameWithoutExtension(path);
        if (!json.Get("id").String().Equals(id, StringComparison.OrdinalIgnoreCase) || json.Get("commit").String() != commit)
            throw json.Get("id").Error($"'{json.Get("id").String()}' at {json.Get("commit").String()} does not belong here; delete the file and pull again");
        var pulled = json.Get("pulled");
        return new ModelManifest
        {
            Id = id,
            Commit = commit,
            Revisions = [.. json.Get("revisions").Items().Select(revision => revision.String())],
            Pulled = DateTimeOffset.TryParse(pulled.String(), CultureInfo.InvariantCulture, out var time) ? time : throw pulled.Error("a time was expected"),
            Files = [.. json.Get("files").Items().Select(ReadFile)],
        };
    }

    public void Write(string path) => AtomicJson.Write(path, json =>
    {
        json.WriteNumber("version", Version);
        json.WriteString("id", Id);
        json.WriteString("commit", Commit);
        json.WriteStartArray("revisions");
        foreach (string revision in Revisions)
            json.WriteStringValue(revision);
        json.WriteEndArray();
        json.WriteString("pulled", Pulled.ToString("O", CultureInfo.InvariantCulture));
        json.WriteStartArray("files");
        foreach (var file in Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteString("digest", file.Digest.ToString());
            json.WriteBoolean("complete", file.Complete);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static ManifestFile ReadFile(JsonField file)
    {
        var path = file.Get("path");
        var bytes = file.Get("bytes");
        var digest = file.Get("digest");
        if (!HubPath.IsPortable(path.String()))
            throw path.Error("the name would lead out of the folder; delete the file and pull again");
        return new ManifestFile(
            path.String(),
            bytes.Long() is >= 0 and <= FileDownload.MaxFileBytes and var size ? size : throw bytes.Error($"{bytes.Long()} is no size"),
            FileDigest.Parse(digest.String()) ?? throw digest.Error("a digest was expected"),
            file.Get("complete").Bool());
    }
}

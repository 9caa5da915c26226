namespace Kvasir.Models.Hub;

/// <summary>Reads the hub's description of a repository: <c>sha</c> and <c>siblings[] {rfilename, size, blobId, lfs {sha256, size}}</c>.</summary>
internal static class HubListing
{
    private const int MaxFiles = 200_000;

    /// <exception cref="ModelFormatException">A field is missing or wrong.</exception>
    /// <exception cref="HubException">A name would lead out of the folder.</exception>
    public static HubRevision Read(string id, JsonField json)
    {
        var sha = json.Get("sha");
        string commit = sha.String();
        if (!FileDigest.IsHex(commit, 40))
            throw sha.Error($"'{Shown(commit)}' is no commit");
        var files = new List<HubListedFile>();
        foreach (var sibling in json.Get("siblings").Items())
        {
            if (files.Count == MaxFiles)
                throw sibling.Error($"more than {MaxFiles} files are not read");
            files.Add(File(id, sibling));
        }

        return new HubRevision(id, commit.ToLowerInvariant(), files);
    }

    private static HubListedFile File(string id, JsonField sibling)
    {
        string path = sibling.Get("rfilename").String();
        if (!HubPath.StaysInside(path))
            throw new HubException(HubProblem.WrongAnswer, $"{id} has a file named '{Shown(path)}', which would lead out of the models folder; nothing was loaded");
        if (sibling.Find("lfs") is { } large)
            return new HubListedFile(path, Size(large) ?? Size(sibling), FileDigest.Large(large.Find("sha256")?.String()));
        return new HubListedFile(path, Size(sibling), FileDigest.Blob(sibling.Find("blobId")?.String()));
    }

    private static long? Size(JsonField parent)
    {
        if (parent.Find("size") is not { } field)
            return null;
        long size = field.Long();
        return size is >= 0 and <= FileDownload.MaxFileBytes ? size : throw field.Error($"{size} bytes is outside 0 to {FileDownload.MaxFileBytes}");
    }

    private static string Shown(string text) => HubErrors.Printable(text, 80);
}

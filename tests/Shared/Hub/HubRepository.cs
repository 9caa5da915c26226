using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Kvasir.Tests.Shared.Hub;

/// <summary>A repository of the local hub at one commit.</summary>
public sealed class HubRepository(string id, string commit)
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _large = new(StringComparer.Ordinal);

    public string Id => id;

    public string Commit => commit;

    /// <summary>Branches and tags that mean the commit.</summary>
    public HashSet<string> Revisions { get; } = ["main"];

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>Changes the listing before it is sent.</summary>
    public Action<JsonObject>? Listing { get; set; }

    public HubRepository Add(string path, byte[] bytes, bool large = true)
    {
        _files[path] = bytes;
        if (large)
            _large.Add(path);
        return this;
    }

    public HubRepository Add(string path, string text) => Add(path, Encoding.UTF8.GetBytes(text), large: false);

    public bool IsLarge(string path) => _large.Contains(path);

    /// <summary>SHA-256 of a large file, Git's name of a small one.</summary>
    public string Digest(string path) => IsLarge(path)
        ? Convert.ToHexStringLower(SHA256.HashData(_files[path]))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {_files[path].Length}\0"), .. _files[path]]));

    public string ToJson()
    {
        var json = new JsonObject
        {
            ["id"] = id,
            ["sha"] = commit,
            ["siblings"] = new JsonArray([.. _files.Keys.Select(path =>
            {
                var sibling = new JsonObject { ["rfilename"] = path, ["size"] = _files[path].Length, ["blobId"] = new string('a', 40) };
                if (IsLarge(path))
                    sibling["lfs"] = new JsonObject { ["sha256"] = Digest(path), ["size"] = _files[path].Length, ["pointerSize"] = 135 };
                else
                    sibling["blobId"] = Digest(path);
                return sibling;
            })]),
        };
        Listing?.Invoke(json);
        return json.ToJsonString();
    }
}

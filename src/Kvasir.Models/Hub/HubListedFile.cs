namespace Kvasir.Models.Hub;

/// <summary>A file as the hub lists it; size and digest may be missing.</summary>
internal sealed record HubListedFile(string Path, long? Bytes, FileDigest? Digest);

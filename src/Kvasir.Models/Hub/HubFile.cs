namespace Kvasir.Models.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Path">Its name, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Digest">What its bytes must have.</param>
internal sealed record HubFile(string Path, long Bytes, FileDigest Digest);

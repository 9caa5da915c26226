namespace Kvasir.Models.Hub;

/// <summary>A file that was asked for.</summary>
/// <param name="Path">Its name, with slashes, below the revision's folder.</param>
/// <param name="Complete">Whether it was loaded and checked.</param>
internal sealed record ManifestFile(string Path, long Bytes, FileDigest Digest, bool Complete);

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>An object of an archive, as its manifest lists it.</summary>
/// <param name="Key">Its key, as the exporter's cache had it.</param>
/// <param name="FirstToken">Position of its first row.</param>
/// <param name="Tokens">Rows.</param>
/// <param name="InfoBytes">Bytes of what comes before its rows.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Bytes">Bytes that it takes there, tags included.</param>
/// <param name="Sha256">Hash of these bytes, hexadecimal.</param>
public sealed record ArchiveObject(BlockKey Key, int FirstToken, int Tokens, int InfoBytes, long Offset, long Bytes, string Sha256);

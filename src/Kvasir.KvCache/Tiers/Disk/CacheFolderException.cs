namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>A cache folder, or a key of it, cannot be used. The message says why and what to do; nothing was changed.</summary>
public sealed class CacheFolderException(string message, Exception? inner = null) : IOException(message, inner);

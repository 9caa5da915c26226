namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>An archive cannot be used. Nothing of the object at fault was taken over.</summary>
public sealed class ArchiveException(ArchiveFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Why.</summary>
    public ArchiveFault Fault { get; } = fault;
}

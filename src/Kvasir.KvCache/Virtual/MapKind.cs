namespace Kvasir.KvCache.Virtual;

/// <summary>What a <see cref="MapOperation"/> does.</summary>
internal enum MapKind : byte
{
    /// <summary>Puts memory under places of a slot.</summary>
    Map,

    /// <summary>Takes it away.</summary>
    Unmap,

    /// <summary>Gives blocks memory at home.</summary>
    MapHome,

    /// <summary>Takes the memory of blocks at home away, or gives it back to the system where slots share it.</summary>
    UnmapHome,
}

namespace Kvasir.KvCache.Tiers.Host;

/// <summary>Where an object lies in the host arena: a slot a block, and a checksum a record.</summary>
internal sealed record HostObject(int[] Slots, ulong[] Checksums);

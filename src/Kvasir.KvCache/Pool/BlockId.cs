namespace Kvasir.KvCache.Pool;

/// <summary>Names a KV block of a pool, from 0.</summary>
public readonly record struct BlockId(int Value);

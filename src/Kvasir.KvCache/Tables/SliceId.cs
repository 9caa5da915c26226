using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Tables;

/// <summary>One layer-sized part of a block.</summary>
internal readonly record struct SliceId(BlockId Block, int Slice);

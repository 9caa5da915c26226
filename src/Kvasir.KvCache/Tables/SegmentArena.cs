using System.Runtime.InteropServices;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>
/// Memory for the segments of a step, reused from step to step. Chunks never move, so views stay valid until the arena is cleared.
/// </summary>
public sealed unsafe class SegmentArena : IDisposable
{
    private const int ChunkSegments = 1024;
    private readonly List<(nint Memory, int Capacity)> _chunks = [];
    private int _chunk;
    private int _used;

    /// <summary>Takes room for <paramref name="count"/> adjacent, zeroed segments.</summary>
    public KvSegment* Take(int count)
    {
        while (_chunk < _chunks.Count && _used + count > _chunks[_chunk].Capacity)
        {
            _chunk++;
            _used = 0;
        }

        if (_chunk == _chunks.Count)
        {
            var capacity = Math.Max(ChunkSegments, count);
            _chunks.Add(((nint)NativeMemory.AlignedAlloc((nuint)capacity * (nuint)sizeof(KvSegment), 64), capacity));
            _used = 0;
        }

        var segments = (KvSegment*)_chunks[_chunk].Memory + _used;
        new Span<KvSegment>(segments, count).Clear();
        _used += count;
        return segments;
    }

    /// <summary>Ends the life of all segments taken.</summary>
    public void Clear()
    {
        _chunk = 0;
        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (memory, _) in _chunks)
            NativeMemory.AlignedFree((void*)memory);
        _chunks.Clear();
        Clear();
    }
}

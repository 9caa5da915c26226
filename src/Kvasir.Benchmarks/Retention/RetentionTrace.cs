using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Retention;

/// <summary>Prompts in order of time, as chunks of equal size.</summary>
public sealed class RetentionTrace
{
    /// <param name="name">Its name.</param>
    /// <param name="requests">The prompts, in order of time.</param>
    /// <param name="shared">The chunks of prompts that an operator would pin: system prompts and tools.</param>
    public RetentionTrace(string name, IReadOnlyList<TraceRequest> requests, IReadOnlySet<BlockKey> shared)
    {
        Name = name;
        Requests = requests;
        Shared = shared;
        UniqueChunks = requests.SelectMany(request => request.Chunks).Distinct().Count();
        AskedChunks = requests.Sum(request => (long)request.Chunks.Count);
    }

    /// <summary>Tokens of a chunk.</summary>
    public static int ChunkTokens => 256;

    /// <summary>Bytes of a chunk: those of Qwen2.5-0.5B with f16, 24 layers of two heads of 64.</summary>
    public static long ChunkBytes => ChunkTokens * (24L * 2 * 2 * 64 * 2);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The prompts.</summary>
    public IReadOnlyList<TraceRequest> Requests { get; }

    /// <summary>Chunks of system prompts and tools.</summary>
    public IReadOnlySet<BlockKey> Shared { get; }

    /// <summary>Different chunks.</summary>
    public int UniqueChunks { get; }

    /// <summary>Chunks asked for, each time counted.</summary>
    public long AskedChunks { get; }

    /// <summary>Bytes of all different chunks.</summary>
    public long WorkingSetBytes => UniqueChunks * ChunkBytes;
}

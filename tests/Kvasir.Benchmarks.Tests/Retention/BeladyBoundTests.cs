using System.Buffers.Binary;
using System.Numerics;
using Kvasir.Benchmarks.Retention;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.Benchmarks.Tests.Retention;

public class BeladyBoundTests
{
    private const int Chunks = 9;

    [Fact]
    public void Bound_IsTheBestOfAllThatATierCouldHaveDone()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var trace = SmallTrace(random);
            for (var capacity = 1; capacity <= 4; capacity++)
            {
                var bound = BeladyBound.FoundChunks(trace, capacity * RetentionTrace.ChunkBytes);
                Assert.True(bound == Best(trace, capacity), $"seed {seed}, capacity {capacity}: {bound} for {Best(trace, capacity)}");
                foreach (var policy in CachePolicies.Names)
                    Assert.True(RetentionBenchmark.FoundChunks(trace, policy, capacity * RetentionTrace.ChunkBytes) <= bound, $"seed {seed}: {policy} found more");
            }
        }
    }

    [Fact]
    public void NoMemory_FindsNothing_AndEnoughFindsAllThatCameBefore()
    {
        var trace = RetentionBenchmark.Create("agent", 3, 200);
        Assert.Equal(0, BeladyBound.FoundChunks(trace, 0));
        foreach (var policy in CachePolicies.Names.Append(RetentionBenchmark.Bound))
            Assert.Equal(trace.AskedChunks - trace.UniqueChunks, RetentionBenchmark.FoundChunks(trace, policy, trace.WorkingSetBytes));
    }

    /// <summary>Every set that the tier could hold after every prompt, and the most that was found on the way to it.</summary>
    private static long Best(RetentionTrace trace, int capacity)
    {
        var best = new Dictionary<int, long> { [0] = 0 };
        foreach (var request in trace.Requests)
        {
            var next = new Dictionary<int, long>();
            var asked = request.Chunks.Aggregate(0, (set, key) => set | (1 << Number(key)));
            foreach (var (held, found) in best)
            {
                var now = found + request.Chunks.TakeWhile(key => (held & (1 << Number(key))) != 0).Count();
                for (var set = held | asked; ; set = (set - 1) & (held | asked))
                {
                    if (BitOperations.PopCount((uint)set) <= capacity)
                        next[set] = Math.Max(next.GetValueOrDefault(set), now);
                    if (set == 0)
                        break;
                }
            }

            best = next;
        }

        return best.Values.Max();
    }

    /// <summary>Prompts along a random tree of nine chunks.</summary>
    private static RetentionTrace SmallTrace(Random random)
    {
        var parents = Enumerable.Range(0, Chunks).Select(i => random.Next(-1, i)).ToArray();
        var requests = Enumerable.Range(0, 12).Select(second =>
        {
            var path = new List<BlockKey>();
            for (var node = random.Next(Chunks); node >= 0; node = parents[node])
                path.Insert(0, Key(node));
            return new TraceRequest(second, path.Count * RetentionTrace.ChunkTokens, path);
        });
        return new RetentionTrace("small", [.. requests], new HashSet<BlockKey>());
    }

    private static BlockKey Key(int number)
    {
        var bytes = new byte[BlockKey.Size];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return new BlockKey(bytes);
    }

    private static int Number(BlockKey key)
    {
        var bytes = new byte[BlockKey.Size];
        key.CopyTo(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }
}

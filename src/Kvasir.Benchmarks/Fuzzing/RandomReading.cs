using Kvasir.Engine.Reading;
using Kvasir.KvCache.Reading;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Draws sparse readings: any policy, any budget, any point.</summary>
/// <param name="random">Draws.</param>
/// <param name="together">Most rows of one sequence that a step can be relied on to have room for.</param>
internal sealed class RandomReading(Random random, int together)
{
    private const int ChunkRows = 64;

    /// <summary>Draws one for a prompt of so many tokens.</summary>
    public SparseReading Draw(int promptLength)
    {
        // Quest is read beside most other ways, which seldom meet it by chance.
        var name = random.Next(3) == 0 ? "quest" : ReadingPolicies.Names[random.Next(ReadingPolicies.Names.Count)];
        var policy = ReadingPolicies.Create(name);
        if (policy.ChunkRows > 0)
            policy = together < ChunkRows ? ReadingPolicies.Create("quest") : name == "infllm" ? new InfLlmPolicy(ChunkRows) : new VerticalSlashPolicy(ChunkRows);
        return new SparseReading
        {
            Policy = policy,
            Rows = random.Next(2) == 0 ? 16 << random.Next(3) : random.Next(1, promptLength + 9), // some of them the same, so that prefixes are shared
            Point = random.Next(3) == 0 ? random.Next(1, promptLength + 1) : null,
        };
    }
}

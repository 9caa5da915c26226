using Kvasir.Engine.Compression.Profiling;
using Kvasir.Engine.Policies;

namespace Kvasir.Engine.Tests.Compression;

public sealed class EchoProbeTests
{
    private const int Block = 12;
    private const int Repeats = 4;
    private const int Heads = 4;

    [Theory]
    [InlineData(49)]
    [InlineData(7)]
    public void HeadsThatDoOneThing_HaveItsScore_HoweverTheProbeIsCut(int chunk)
    {
        var probe = new EchoProbe(layers: 1, Heads, Block);
        var queries = new List<MassQuery>();
        const int Length = 1 + (Block * Repeats);
        for (var first = 0; first < Length; first += chunk)
        {
            int[] positions = [.. Enumerable.Range(first, Math.Min(chunk, Length - first))];
            queries.Clear();
            probe.AskMass(0, positions, queries);
            var columns = positions[^1] + 1;
            var weights = queries[0].Weights;
            Array.Clear(weights);
            for (var row = 0; row < positions.Length; row++)
            {
                int[] copies = [.. Enumerable.Range(1, Repeats).Select(r => positions[row] - (r * Block)).Where(position => position >= 1)];
                foreach (var copy in copies)
                {
                    Put(row, 0, copy, 1f / copies.Length);
                    Put(row, 1, copy + 1, 1f / copies.Length);
                    Put(row, 2, copy, 0.25f / copies.Length);
                    Put(row, 2, copy + 1, 0.5f / copies.Length);
                }

                Put(row, 3, positions[row], 1);
            }

            probe.AfterAttention(
                new LayerContext { Layer = 0, Layers = 1, PromptLength = Length, Length = columns, StoredRows = columns, Positions = positions, Queries = [], Keys = [], Values = [], AttentionOutput = [], Stride = 0 },
                new LayerDecision());

            void Put(int row, int head, int column, float weight) => weights[(((row * Heads) + head) * columns) + column] += weight;
        }

        probe.Finish();
        double[] echo = [1, 0, 0.25, 0];
        double[] induction = [0, 1, 0.5, 0];
        for (var head = 0; head < Heads; head++)
        {
            Assert.Equal(echo[head], probe.Echo[0][head], 1e-6);
            Assert.Equal(induction[head], probe.Induction[0][head], 1e-6);
        }
    }
}

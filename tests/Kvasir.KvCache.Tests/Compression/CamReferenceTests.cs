using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

/// <summary>CaM (Zhang et al. 2024, section 4) against references in binary64: an evicted value goes to the next m rows, a part each, with probability min(1, own mass / mean of theirs).</summary>
public sealed class CamReferenceTests
{
    private const int Length = 150;
    private const int Budget = 40;
    private const int Heirs = 32;

    private static readonly CompressionShape Shape = new(Layers: 2, QueryHeads: 6, KvHeads: 3, HeadDim: 8, Budget);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhatThePromptEvicts_GoesToTheNextRows(int seed)
    {
        var prompt = new DrawnPrompt(new Random(seed), Shape, Length, 0);
        var kept = prompt.Run(new CamPolicy());
        var evicted = prompt.Run(new H2OPolicy());
        for (var layer = 0; layer < Shape.Layers; layer++)
        {
            for (var head = 0; head < Shape.KvHeads; head++)
            {
                var rows = kept[layer].Kept(head)!;
                Assert.Equal(evicted[layer].Kept(head), rows);
                var values = rows.ToDictionary(row => row, row => prompt.Values[layer, head, row].Select(x => (double)x).ToArray());
                var richer = new HashSet<int>();
                foreach (var row in Enumerable.Range(0, Length).Except(rows))
                {
                    int[] heirs = [.. rows.Where(heir => heir > row).Take(Heirs)];
                    if (!Drawn(layer, head, row, prompt.Mass(layer, head, row) / heirs.Average(heir => prompt.Mass(layer, head, heir))))
                        continue;
                    richer.UnionWith(heirs);
                    foreach (var heir in heirs)
                        values[heir] = [.. values[heir].Zip(prompt.Values[layer, head, row], (own, given) => own + ((double)given / heirs.Length))];
                }

                var merged = kept[layer].Merged.Where(row => row.Head == head).ToDictionary(row => row.Row);
                Assert.Equal(richer.Order(), merged.Keys.Order());
                foreach (var (row, content) in merged)
                {
                    Assert.Equal(prompt.Keys[layer, head, row], content.Key);
                    Assert.Equal(0, content.Bias);
                    Assert.All(values[row].Zip(content.Value), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhatAnAnswerEvicts_GoesToTheRowsThatFollowIt_WhereverTheyHaveMoved(int seed)
    {
        var prompt = new DrawnPrompt(new Random(seed), Shape, Length, 0);
        var random = new Random(seed + 100);
        var compressor = new CamPolicy().Start(Shape);
        compressor.Observe(prompt.Signals(0));
        var selection = prompt.Select(compressor, 0, Shape.KvHeads);
        var lanes = Enumerable.Range(0, Shape.KvHeads).Select(head => new Lane(selection, prompt, head)).ToArray();
        var source = new Lanes(lanes);
        var drops = new RowDrops(Shape.KvHeads);
        var (evictions, draws) = (0, 0);
        for (var step = 1; step <= 120; step++)
        {
            foreach (var lane in lanes)
                lane.Append(Length + step - 1, random);
            var weights = Enumerable.Range(0, Shape.QueryHeads * (Budget + 1)).Select(_ => random.NextSingle()).ToArray();
            drops.Reset();
            compressor.Answer(new AnswerSignals { Layer = 0, Position = Length + step - 1, Step = step, LaneRows = [Budget + 1, Budget + 1, Budget + 1], Weights = weights, Columns = Budget + 1, Rows = source }, drops);
            for (var head = 0; head < Shape.KvHeads; head++)
            {
                evictions++;
                draws += lanes[head].Follow(head, Length + step - 1, [.. Enumerable.Range(2 * head, 2).Select(q => weights.AsSpan(q * (Budget + 1), Budget + 1).ToArray())], drops) ? 1 : 0;
            }
        }

        Assert.InRange(draws, evictions / 4, evictions - 1);
    }

    /// <summary>One draw for a row: a hash of where it is (SplitMix64), as a number below 1.</summary>
    private static bool Drawn(int layer, int head, int row, double probability)
    {
        var z = ((ulong)layer << 48) ^ ((ulong)head << 40) ^ (ulong)row ^ 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) / (double)(1UL << 53) < Math.Min(1, probability);
    }

    private sealed class Lanes(Lane[] lanes) : IKvRowSource
    {
        public void Read(int head, int row, Span<float> key, Span<float> value)
        {
            key.Fill(lanes[head].Places[row]);
            lanes[head].Values[row].CopyTo(value);
        }

        public void KeyBounds(int head, int firstRow, int count, Span<float> smallest, Span<float> largest) => throw new NotSupportedException();
    }

    /// <summary>Rows of a head as they lie, and the reference: values by position, with the mass that they had.</summary>
    private sealed class Lane
    {
        private readonly SortedDictionary<int, (double[] Value, double Mass)> _reference = [];

        public Lane(RowSelection selection, DrawnPrompt prompt, int head)
        {
            foreach (var row in selection.Kept(head)!)
            {
                var value = selection.Merged.FirstOrDefault(merged => merged.Head == head && merged.Row == row) is { Value: { } merged } ? merged : prompt.Values[0, head, row];
                Places.Add(row);
                Values.Add([.. value]);
                _reference.Add(row, ([.. value.Select(x => (double)x)], prompt.Mass(0, head, row)));
            }
        }

        /// <summary>Positions by place.</summary>
        public List<int> Places { get; } = [];

        public List<float[]> Values { get; } = [];

        public void Append(int position, Random random)
        {
            Places.Add(position);
            Values.Add([.. Enumerable.Range(0, Shape.HeadDim).Select(_ => random.NextSingle())]);
            _reference.Add(position, ([.. Values[^1].Select(x => (double)x)], 0));
        }

        /// <summary>Evicts by the definition, and compares; true when the value went on.</summary>
        public bool Follow(int head, int position, float[][] weights, RowDrops drops)
        {
            foreach (var (place, row) in Places.Select((row, place) => (place, row)))
                _reference[row] = (_reference[row].Value, _reference[row].Mass + weights.Sum(query => (double)query[place]));
            var evicted = _reference.Where(row => row.Key <= position - (Budget / 2)).MinBy(row => row.Value.Mass).Key;
            int[] heirs = [.. _reference.Keys.Where(row => row > evicted).Take(Heirs)];
            double Weight(int row) => weights.Sum(query => (double)query[Places.IndexOf(row)]);
            var goesOn = Drawn(0, head, position, Weight(evicted) / heirs.Average(Weight));
            foreach (var heir in heirs.Where(_ => goesOn))
                _reference[heir] = ([.. _reference[heir].Value.Zip(_reference[evicted].Value, (own, given) => own + (given / heirs.Length))], _reference[heir].Mass);
            _reference.Remove(evicted);

            var dropped = drops.Dropped(head);
            Assert.Equal([evicted], dropped.Select(place => Places[place]));
            var merged = drops.Merged.Where(row => row.Head == head).ToArray();
            Assert.Equal(goesOn ? heirs.Order() : [], merged.Select(row => Places[row.Row]).Order());
            foreach (var row in merged)
                Values[row.Row] = row.Value;
            (Places[dropped[0]], Values[dropped[0]]) = (Places[^1], Values[^1]);
            Places.RemoveAt(Places.Count - 1);
            Values.RemoveAt(Values.Count - 1);
            foreach (var (place, row) in Places.Select((row, place) => (place, row)))
                Assert.All(_reference[row].Value.Zip(Values[place]), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * Math.Max(1, Math.Abs(pair.First))));
            return goesOn;
        }
    }
}

using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.KvCache.Reading;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Compression;

/// <summary>Fewer rows in fewer bits (<c>snapkv+kivi2</c>), with the bundled model.</summary>
public sealed class PackedSelectionTests
{
    private const int Prompt = 150;
    private const int Answer = 70;
    private const int Budget = 80;

    public static TheoryData<string, int?> Cases => new()
    {
        { "snapkv+kivi4", null }, { "snapkv+kivi2", 110 }, { "adakv+kivi2", null }, { "h2o+kivi4", null }, { "cake+kivi2", 110 }, { "kvmerger-mass+kivi4", null }, { "elastic+kivi2", null }, { "razor+kivi4", 110 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_DoNotDependOnChunksNeighboursOrPreemption(string policy, int? point)
    {
        var ask = Ask(policy) with { Point = point };
        var expected = Run(ask, chunk: 256);
        Assert.NotEqual(Run(Ask(policy.Split('+')[0]) with { Point = point }, chunk: 256).Logits, expected.Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 47).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 64, neighbours: 2).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 64, preemptAfter: 50).Logits);
    }

    [Fact]
    public void Neighbours_KeepTheBitsThatTheyHaveAlone() =>
        Assert.Equal(Run(null, chunk: 64, seed: WatchedRun.NeighbourSeed).Logits, Run(Ask("adakv+kivi2"), chunk: 64, neighbours: 1).NeighbourLogits);

    /// <summary>SnapKV and KVMerger drop nothing in an answer, so that nothing but the packing makes a difference.</summary>
    [Theory]
    [InlineData("snapkv")]
    [InlineData("kvmerger-mass")]
    public void AWindowThatHoldsEverything_GivesTheBitsOfThePolicyAlone_AndFewerBitsAreFurtherAway(string policy)
    {
        var alone = Run(Ask(policy), chunk: 64).Logits;
        var selection = CompressionPolicies.Create(policy, Profiles());
        Assert.Equal(alone, Run(Ask(policy) with { Policy = new PackedSelectionPolicy(selection, 2, windowRows: 1000) }, chunk: 64).Logits);
        var (four, two) = (Distance(4), Distance(2));
        Assert.InRange(four, 1e-6, two / 2);

        double Distance(int bits) => Run(Ask($"{policy}+kivi{bits}"), chunk: 64).Logits.Zip(alone, (one, exact) => Math.Pow(one - exact, 2)).Average();
    }

    [Theory]
    [InlineData("snapkv", 4)]
    [InlineData("adakv", 2)]
    [InlineData("pyramidkv", 4)]
    [InlineData("cake", 2)]
    [InlineData("h2o", 4)]
    [InlineData("kvmerger", 2)]
    [InlineData("elastic", 4)]
    [InlineData("razor", 2)]
    [InlineData("compresskv", 4)]
    public void SavingsOfRowsAndOfPackedBits_Multiply(string policy, int bits)
    {
        var plain = Run(Ask(policy, rows: 150), chunk: 256, prompt: 500, answer: 1);
        var small = Run(Ask($"{policy}+kivi{bits}", rows: 150), chunk: 256, prompt: 500, answer: 1);
        Assert.Equal(plain.Lanes.Select(lane => lane.Positions), small.Lanes.Select(lane => lane.Positions));
        double[] packed = [.. small.Lanes.Select(lane => lane.Positions.Length).Select(rows => Math.Max(0, rows - 32) / 32 * 32)];
        var share = packed.Sum() / small.Lanes.Sum(lane => lane.Positions.Length);
        Assert.InRange(share, 0.5, 0.9);
        Assert.Equal((share * (bits + 1) / 16) + 1 - share, small.Statistics.RowBytes / plain.Statistics.RowBytes, 0.02);
        Assert.Equal(plain.Statistics.KeptRows, small.Statistics.KeptRows, 1e-9);

        // Packed or not, a lane has a piece of each kind that is not full.
        var piece = (double)small.Layout.BlockBytes / small.Lanes.Count;
        Assert.InRange(small.Statistics.Bytes, small.Statistics.RowBytes, small.Statistics.RowBytes + (2 * piece * small.Lanes.Count) + small.Layout.BlockBytes);
        Assert.True(small.Statistics.PeakBlocks < plain.Statistics.PeakBlocks, $"{small.Statistics.PeakBlocks} blocks against {plain.Statistics.PeakBlocks}");
    }

    [Fact]
    public void MergedRows_ArePackedInTheirPlaces_WithTheirMass()
    {
        var plain = Run(Ask("razor", rows: 60), chunk: 256, answer: 1);
        var small = Run(Ask("razor+kivi4", rows: 60), chunk: 256, answer: 1);
        var merged = 0;
        foreach (var (exact, near) in plain.Lanes.Zip(small.Lanes).Where(pair => pair.First.Positions.Length < Prompt))
        {
            // The row that stands for all that were dropped: between the keys that it is packed with.
            var group = exact.Keys[..32];
            for (var d = 0; d < exact.Keys[4].Length; d++)
            {
                var column = group.Select(key => key[d]).ToArray();
                Assert.InRange(near.Keys[4][d] - exact.Keys[4][d], -((column.Max() - column.Min()) / 29), (column.Max() - column.Min()) / 29);
            }

            merged++;
        }

        Assert.True(merged > 0);
    }

    [Fact]
    public void TheAnswersRowsArePackedAsTheyAge_InEveryLaneForItself()
    {
        var lanes = new HashSet<int>();
        using var run = Open(64, blocks: 64);
        WatchedRun.Run(run, Prompt, Answer, plain => plain with { Compression = Ask("adakv+kivi4") }, afterStep: sequence =>
        {
            if (sequence.Table is not RaggedTable table)
                return;
            for (var lane = 0; lane < table.Lanes; lane++)
            {
                var rows = table.Rows(0, lane);
                lanes.Add(rows - sequence.ComputedLength);
                Assert.Equal(Math.Max(0, rows - 32) / 32 * 32, table.PackedRows(0, lane));
            }
        });
        Assert.True(lanes.Count > 1); // heads keep different numbers of rows
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void WhatIsReserved_IsEnough_HoweverLanesShareTheRows(int blockRows)
    {
        using var run = new LoopRun(Options(64) with { BlockRows = blockRows }, blocks: 4, Model);
        var random = new Random(blockRows);
        var lanes = run.Model.Layout.Layers * run.Model.Layout.KvHeads;
        for (var draw = 0; draw < 2000; draw++)
        {
            var store = new PackedRowStore(run.Model, new RowPacking(random.Next(2) == 0 ? 4 : 2, random.Next(70)), 1, run.Model.Layout.KvHeads);
            var most = random.Next(1, 900);
            var kept = random.NextInt64(lanes, ((long)most * lanes) + 1);
            var (left, pieces) = (kept, store.SparePieces);
            for (var lane = 0; lane < lanes; lane++)
            {
                // Some lanes take all that they can, others a little.
                var rows = (int)Math.Min(left, random.Next(3) == 0 ? most : random.Next(most + 1));
                left -= rows;
                pieces += store.Pieces(lane / run.Model.Layout.KvHeads, rows);
            }

            Assert.InRange(pieces, 0, store.MostBlocks(kept, most) * lanes);
        }
    }

    [Theory]
    [InlineData("streamingllm+kivi4", "streamingllm-true+kivi4")]
    [InlineData("lazy+kivi2", "kivi2 alone")]
    [InlineData("kivi4+kivi2", "packs rows itself")]
    [InlineData("palu+kivi2", "packs rows itself")]
    [InlineData("snapkv+palu", "must follow one another")]
    [InlineData("snapkv+q8_0", "not as 'q8_0'")]
    [InlineData("snapkv+kivi2+kivi4", "not as 'kivi2+kivi4'")]
    [InlineData("quest+kivi4", "write quest alone")]
    [InlineData("nosuch+kivi4", "unknown")]
    public void WhatCannotBePacked_IsRefusedWithASentence(string text, string why)
    {
        Assert.Contains(why, Assert.Throws<FormatException>(() => KvChoice.Parse(text, Profiles())).Message, StringComparison.Ordinal);
        using var engine = KvasirEngine.Load(Model, Options(64));
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(20, 1), MaxTokens = 1, Compression = Ask("snapkv+kivi4") };
        Assert.Contains("Cascade", Assert.Throws<ArgumentException>(() => engine.Submit(request with { Compression = request.Compression with { Cascade = true } })).Message, StringComparison.Ordinal);
        var shifted = new PackedSelectionPolicy(new StreamingLlmPolicy(), 4);
        Assert.Contains("other positions", Assert.Throws<ArgumentException>(() => engine.Submit(request with { Compression = request.Compression with { Policy = shifted } })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryOtherPolicyThatChooses_CanBePacked()
    {
        string[] names = [.. CompressionPolicies.Names.Where(name => CompressionPolicies.WhyNot($"{name}+kivi4") is null)];
        Assert.DoesNotContain(CompressionPolicies.Names.Except(names), name => !name.StartsWith("lazy", StringComparison.Ordinal) && !CompressionPolicies.KeepsAllRows(name) && name != "streamingllm");
        Assert.All(names.Where(CompressionPolicies.TakesBudget), name => Assert.Equal($"{name}+kivi2", KvCompression.Parse($"{name}+kivi2:0.5", Profiles()).Policy.Name));
        Assert.All(ReadingPolicies.Names, name => Assert.NotNull(KvChoice.WhyNot($"{name}+kivi4")));
    }

    private static string Model => RankProfileFixture.Model;

    private static ModelProfiles Profiles()
    {
        using var file = Models.ModelFile.Open(Model);
        return new ModelProfiles(ProfileFiles.Of(file).Heads);
    }

    private static KvCompression Ask(string policy, int rows = Budget) => new() { Policy = CompressionPolicies.Create(policy, Profiles()), Rows = rows };

    private static EngineOptions Options(int chunk) => new() { MaxBatchTokens = chunk, MaxSequences = 4, Threads = 2, MaxContext = 1024 };

    private static LoopRun Open(int chunk, int blocks) => new(Options(chunk), blocks, Model);

    private static Result Run(KvCompression? compression, int chunk, int neighbours = 0, int preemptAfter = 0, int seed = 7, int prompt = Prompt, int answer = Answer)
    {
        using var run = Open(chunk, blocks: 96);
        var lanes = new List<LaneContent>();
        run.Loop.BeforeRelease = sequence =>
        {
            if (sequence.Table is RaggedTable table)
                lanes = [.. Enumerable.Range(0, run.Model.Layout.Layers * table.Lanes).Select(lane => Read(table, run.Model.Layout, lane))];
        };
        var watched = WatchedRun.Run(run, prompt, answer, plain => plain with { Compression = compression }, neighbours, preemptAfter, seed);
        return new Result(watched.Logits, watched.NeighbourLogits, watched.Sequence.CompressionReport!, lanes, run.Model.Layout);
    }

    private static LaneContent Read(RaggedTable table, KvLayout layout, int number)
    {
        var (layer, lane) = (number / table.Lanes, number % table.Lanes);
        var keys = new float[table.Rows(layer, lane)][];
        var value = new float[layout.HeadDim];
        for (var row = 0; row < keys.Length; row++)
            table.Read(layer, lane, row, keys[row] = new float[layout.HeadDim], value);
        return new LaneContent([.. table.Positions(layer, lane)], keys);
    }

    private sealed record LaneContent(int[] Positions, float[][] Keys);

    private sealed record Result(float[] Logits, float[] NeighbourLogits, CompressionStatistics Statistics, List<LaneContent> Lanes, KvLayout Layout);
}

using Kvasir.Engine.Compression;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Compression;

/// <summary>What is held is what was asked for, with the bundled model.</summary>
public sealed class BudgetBytesTests
{
    private const int Prompt = 500;
    private const int Budget = 150;

    /// <summary>
    /// LazyEviction drops nothing with the prompt; how it saw-tooths later is tested beside its tracker. Of policies that keep all rows the bytes of
    /// packed ones are tested where rows are packed.
    /// </summary>
    public static TheoryData<string> Policies =>
        [.. CompressionPolicies.Names.Where(name => CompressionPolicies.ProfileOf(name) is ProfileKind.None or ProfileKind.Heads && !CompressionPolicies.KeepsAllRows(name) && !name.StartsWith("lazy", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Policies))]
    public void HeldBytes_AreTheBudgets_WithinTwoPercentAndAPieceALane(string policy)
    {
        var plain = Run(policy, KvDataType.F16, out var layout, out var lanes);
        Assert.InRange(plain.RowBytes / (Budget * layout.BytesPerToken), 0.98, 1.02);
        var piece = layout.BlockBytes / (layout.Layers * lanes);
        Assert.InRange(plain.Bytes, plain.RowBytes, plain.RowBytes + (layout.Layers * lanes * piece) + layout.BlockBytes);
    }

    [Theory]
    [InlineData("snapkv", KvDataType.Q8_0)]
    [InlineData("adakv", KvDataType.Q4_0)]
    [InlineData("kvmerger", KvDataType.Q8_0)]
    [InlineData("elastic", KvDataType.Q4_0)]
    public void SavingsOfRowsAndOfBits_Multiply(string policy, KvDataType type)
    {
        var plain = Run(policy, KvDataType.F16, out var wide, out _);
        var small = Run(policy, type, out var narrow, out _);
        Assert.Equal(plain.RowBytes / wide.BytesPerToken, small.RowBytes / narrow.BytesPerToken, 1e-6);
        Assert.Equal(type == KvDataType.Q8_0 ? 9 / 16.0 : 9 / 32.0, small.RowBytes / plain.RowBytes, 0.07);
    }

    private static CompressionStatistics Run(string policy, KvDataType type, out KvLayout layout, out int lanes)
    {
        using var run = new LoopRun(new EngineOptions { MaxBatchTokens = 256, MaxSequences = 4, Threads = 2, MaxContext = 1024, KvType = type }, blocks: 96, Model);
        layout = run.Model.Layout;
        var chosen = CompressionPolicies.Create(policy, ProfileFiles.Of(run.Model.File));
        lanes = chosen.PerHead ? layout.KvHeads : 1;
        return WatchedRun.Run(run, Prompt, 1, plain => plain with { Compression = new KvCompression { Policy = chosen, Rows = Budget } }).Sequence.CompressionReport!;
    }

    private static string Model => Path.GetFullPath(TestModel.Fixture("..", "..", "models", "kvasir-mini.gguf"));
}

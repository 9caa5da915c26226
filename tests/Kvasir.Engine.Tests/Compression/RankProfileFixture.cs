using Kvasir.Engine.Compression.Profiling;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Tests.Compression;

/// <summary>A rank profile of the bundled model by a short text.</summary>
public sealed class RankProfileFixture
{
    private readonly Lazy<RankProfile> _ranks = new(() => RankProfiler.Measure(
        Model, Text, new RankProfileOptions { MaxTokens = 1200, PieceTokens = 400, JudgedTokens = 0 }, new EngineOptions { Threads = 2, MaxContext = 512 }));

    public static string Model { get; } = Path.GetFullPath(TestModel.Fixture("..", "..", "models", "kvasir-mini.gguf"));

    public static string Text => File.ReadAllText(TestModel.Fixture("..", "..", "demo", "document.txt"));

    public RankProfile Ranks => _ranks.Value;
}

using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Tiers;

/// <summary>Engines, one after the other, with one cache on the disk.</summary>
public sealed class RestartTests : IDisposable
{
    private static readonly int[] Prompt = TinyModel.Tokens(150, 1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvasir-restart-");

    [Fact]
    public void RowsOutliveTheProcess_WithTheSameBits()
    {
        ulong[] computed;
        using (var first = Run())
            computed = first.Answer(Prompt);
        using var second = Run();
        Assert.Equal(computed, second.Answer(Prompt));
        Assert.Equal(128, second.Counters.LoadedTokens);
        second.CheckNothingLeaks();
    }

    [Fact]
    public void FileWithOneFlippedBit_IsAMiss()
    {
        ulong[] computed;
        using (var first = Run())
            computed = first.Answer(Prompt);
        foreach (var path in Directory.EnumerateFiles(_folder.FullName, "*.kv", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(path);
            bytes[bytes.Length / 2] ^= 16;
            File.WriteAllBytes(path, bytes);
        }

        using var second = Run();
        Assert.Equal(computed, second.Answer(Prompt));
        Assert.Equal(0, second.Counters.Loads);
        Assert.True(second.Counters.Failed > 0, "nobody noticed");
        second.CheckNothingLeaks();
    }

    [Fact]
    public void OtherDataTypeOrChunk_FindsNothing()
    {
        using (var first = Run())
            first.Answer(Prompt);
        using (var other = Run(options => options with { KvType = KvDataType.BF16 }))
        {
            other.Answer(Prompt);
            Assert.Equal(0, other.Counters.Loads);
        }

        Assert.Equal(2, Directory.GetDirectories(_folder.FullName, "*-*").Length);
    }

    [Fact]
    public void TwoEnginesAtOnce_AreRefused()
    {
        using var first = Run();
        var refused = Assert.Throws<CacheFolderException>(() => Run());
        Assert.Contains(_folder.FullName, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VerifiedCache_HasTrueObjectsOnly()
    {
        using (var run = Run())
            run.Answer(Prompt);
        var options = new EngineOptions { BlockRows = 16, Threads = 1 };
        using var model = ModelCache.Open(TinyModel.Llama, options);
        using var tier = new DiskTier(CacheLocation.Store(_folder.FullName, model.Identity), new LruPolicy());
        Assert.Equal(128, model.Lookup(tier, Prompt, 32));
        var result = model.Verify(tier, before: null, progress: null, CancellationToken.None);
        Assert.Equal((4, 0, 0, 0, 128L), (result.True.Count, result.False.Count, result.Foreign.Count, result.Orphans.Count, result.Rows));
    }

    [Fact]
    public void FalseObject_IsFoundByTheVerification_AndWhatFollowsItStillCompared()
    {
        using (var run = new TierRun(tiers: options => options with
        {
            HostBytes = 0,
            Further = geometry => [new ChangedTier(OpenStore(geometry.LayersPerRecord), (chunk, bytes) =>
            {
                if (chunk.FirstToken == 32)
                    bytes[100] ^= 1;
            })],
        }))
        {
            run.Answer(Prompt);
        }

        using var model = ModelCache.Open(TinyModel.Llama, new EngineOptions { BlockRows = 16, Threads = 1 });
        using var tier = OpenStore(null);
        var result = model.Verify(tier, before: null, progress: null, CancellationToken.None);
        Assert.Equal((3, 1), (result.True.Count, result.False.Count));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private DiskTier OpenStore(int? layersPerRecord)
    {
        using var model = ModelCache.Open(TinyModel.Llama, new EngineOptions { BlockRows = 16, Threads = 1, Tiers = new TierOptions { LayersPerRecord = layersPerRecord } });
        return new DiskTier(CacheLocation.Store(_folder.FullName, model.Identity), new LruPolicy());
    }

    private TierRun Run(Func<EngineOptions, EngineOptions>? engine = null) => new(
        tiers: options => options with { HostBytes = 0, Disk = new DiskTierSettings { Folder = _folder.FullName } },
        engine: engine);
}

using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Verification;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Adapters;

/// <summary>What <c>kvasir model merge-lora</c> writes, beside the adapter at run time.</summary>
public sealed class AdapterMergeTests : IDisposable
{
    private static readonly EngineOptions Options = new() { KvType = KvDataType.F32, Threads = 2 };

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-merge-").FullName;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void MergedWeights_GiveTheAdaptersLogits(bool peft, bool gguf)
    {
        var model = TestModel.Fixture("llama_rope3");
        var adapter = new TestAdapter(Config(model), seed: 3);
        var path = peft ? adapter.WritePeft(PathOf("peft")) : adapter.WriteGguf(PathOf("adapter.gguf"));
        var merged = Merge(model, path, gguf);
        var adapted = Logits(model, path);
        var scale = adapted.Max(MathF.Abs);
        Assert.True(Distance(Logits(model, null), adapted) > 0.05f * scale, "the adapter changes next to nothing");
        var distance = Distance(adapted, Logits(merged, null));
        Assert.True(distance < 1e-4f * scale, $"logits differ by {distance} of {scale}");
    }

    [Fact]
    public void AFolder_KeepsItsOtherFiles_AndIsReplacedOnlyWhenAsked()
    {
        var model = TestModel.Fixture("llama_rope3");
        var adapter = new TestAdapter(Config(model), seed: 4).WritePeft(PathOf("peft"));
        var merged = Merge(model, adapter, gguf: false);
        Assert.Equal(File.ReadAllBytes(Path.Combine(model, "config.json")), File.ReadAllBytes(Path.Combine(merged, "config.json")));
        Assert.Contains("exists", Assert.Throws<IOException>(() => Merge(model, adapter, gguf: false)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(merged, "old.txt"), "of before");
        Merge(model, adapter, gguf: false, replace: true);
        Assert.False(File.Exists(Path.Combine(merged, "old.txt")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder).Length);
    }

    [Fact]
    public void ACancelledMerge_LeavesNothing()
    {
        using var model = ModelFile.Open(TestModel.Fixture("llama_rope3"));
        var adapter = AdapterFile.Open(new TestAdapter(model.Config, seed: 5).WritePeft(PathOf("peft")), model.Config);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => FolderMerge.Write(model, adapter, 1, PathOf("merged"), cancellation: cancel.Token));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Merge(string model, string adapterPath, bool gguf, bool replace = false)
    {
        using var source = ModelFile.Open(model);
        var adapter = AdapterFile.Open(adapterPath, source.Config);
        var target = PathOf(gguf ? "merged.gguf" : "merged");
        if (gguf)
            ModelConverter.Convert(source, target, new ConversionOptions { Type = DataType.F32, Adapter = adapter });
        else
            FolderMerge.Write(source, adapter, 1, target, replace);
        return target;
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static ModelConfig Config(string path)
    {
        using var model = ModelFile.Open(path);
        return model.Config;
    }

    private static float Distance(float[] a, float[] b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();

    private static float[] Logits(string path, string? adapterPath)
    {
        using var model = LoadedModel.Open(path, Options);
        var adapter = adapterPath is null ? null : LoadedAdapter.Pack("a", AdapterFile.Open(adapterPath, model.Config), 1, model);
        using var run = new ColdRun(model, 64) { Adapter = adapter };
        var logits = new List<float>();
        run.Extend(TinyModel.Tokens(40, 12), (_, row) => logits.AddRange(row));
        adapter?.Release();
        return [.. logits];
    }
}

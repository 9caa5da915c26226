using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Verification;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Adapters;

public sealed class AdapterNumericsTests : IDisposable
{
    private static readonly EngineOptions Options = new() { KvType = KvDataType.F32, Threads = 2 };

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-adapters-").FullName;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Adapter_GivesTheLogitsOfAMergedModel(bool peft)
    {
        var model = TestModel.Fixture("llama_rope3");
        var adapter = Random(model, seed: 3);
        var path = peft ? adapter.WritePeft(PathOf("peft")) : adapter.WriteGguf(PathOf("adapter.gguf"));
        var bare = Logits(model, null);
        var merged = Logits(adapter.WriteMerged(model, PathOf("merged")), null);
        var adapted = Logits(model, path);
        var scale = merged.Max(MathF.Abs);
        Assert.True(Distance(bare, merged) > 0.05f * scale, $"the adapter changes next to nothing: {Distance(bare, merged)} of {scale}");
        Assert.True(Distance(adapted, merged) < 1e-4f * scale, $"logits differ by {Distance(adapted, merged)} of {scale}");
    }

    [Theory]
    [InlineData(WeightRole.Query)]
    [InlineData(WeightRole.Key)]
    [InlineData(WeightRole.Value)]
    [InlineData(WeightRole.AttentionOutput)]
    [InlineData(WeightRole.Gate)]
    [InlineData(WeightRole.Up)]
    [InlineData(WeightRole.Down)]
    public void EachMatrix_IsAdaptedInItsPlace(WeightRole role)
    {
        var adapter = new TestAdapter(Config(TinyModel.Llama), 17, rank: 3, alpha: 40, role);
        var bare = Logits(TinyModel.Llama, null);
        var merged = Logits(adapter.WriteMerged(TinyModel.Llama, PathOf("merged")), null);
        var adapted = Logits(TinyModel.Llama, adapter.WriteGguf(PathOf("adapter.gguf")));
        var changed = Distance(bare, merged);
        Assert.True(Distance(adapted, merged) < 0.01f * changed, $"logits differ by {Distance(adapted, merged)}, the adapter changes them by {changed}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RanksMayDiffer_AlsoInMatricesThatAreComputedTogether(bool peft)
    {
        var adapter = new TestAdapter(
            Config(TinyModel.Llama),
            seed: 18,
            alpha: 12,
            role => role switch { WeightRole.Query => 3, WeightRole.Key => 8, WeightRole.Gate => 1, WeightRole.Up => 40, _ => 5 },
            value => value,
            WeightRole.Query, WeightRole.Key, WeightRole.Value, WeightRole.Gate, WeightRole.Up);
        var bare = Logits(TinyModel.Llama, null);
        var merged = Logits(adapter.WriteMerged(TinyModel.Llama, PathOf("merged")), null);
        var adapted = Logits(TinyModel.Llama, peft ? adapter.WritePeft(PathOf("peft")) : adapter.WriteGguf(PathOf("adapter.gguf")));
        Assert.True(Distance(adapted, merged) < 0.001f * Distance(bare, merged), $"logits differ by {Distance(adapted, merged)}");
    }

    [Fact]
    public void ValuesOfASmallerType_AreKeptInIt()
    {
        using var model = LoadedModel.Open(TinyModel.Llama, Options);
        var bytes = new List<long>();
        Func<float, float>[] types = [value => value, BFloat16, value => (float)(Half)value];
        foreach (var round in types)
        {
            var adapter = new TestAdapter(model.Config, 19, alpha: 8, _ => 4, round);
            var name = $"peft-{bytes.Count}";
            var loaded = LoadedAdapter.Pack(name, AdapterFile.Open(adapter.WritePeft(PathOf(name)), model.Config), 1, model);
            bytes.Add(loaded.Bytes);
            loaded.Release();
            var bare = Logits(TinyModel.Llama, null);
            var merged = Logits(adapter.WriteMerged(TinyModel.Llama, PathOf($"merged-{bytes.Count}")), null);
            Assert.True(Distance(Logits(TinyModel.Llama, PathOf(name)), merged) < 0.001f * Distance(bare, merged));
        }

        Assert.Equal(bytes[0], 2 * bytes[1]);
        Assert.Equal(bytes[0], 2 * bytes[2]);

        static float BFloat16(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & ~0xFFFF);
    }

    [Fact]
    public void ModelAndAdapterFormats_GiveTheSameBitsInAnyPairing()
    {
        var adapter = Random(TinyModel.Llama, seed: 5);
        var peft = adapter.WritePeft(PathOf("peft"));
        var gguf = adapter.WriteGguf(PathOf("adapter.gguf"));
        var model = PathOf("model.gguf");
        using (var source = ModelFile.Open(TinyModel.Llama))
            ModelConverter.Convert(source, model, new ConversionOptions { Type = DataType.F32 });
        var expected = Logits(TinyModel.Llama, peft);
        Assert.Equal(expected, Logits(TinyModel.Llama, gguf));
        Assert.Equal(expected, Logits(model, peft));
        Assert.Equal(expected, Logits(model, gguf));
    }

    [Fact]
    public void LoadingScale_MultipliesTheFilesOwn()
    {
        var once = new TestAdapter(Config(TinyModel.Llama), 9, rank: 4, alpha: 4);
        var twice = new TestAdapter(Config(TinyModel.Llama), 9, rank: 4, alpha: 8);
        Assert.Equal(
            Logits(TinyModel.Llama, twice.WritePeft(PathOf("twice"))),
            Logits(TinyModel.Llama, once.WritePeft(PathOf("once")), scale: 2));
    }

    [Fact]
    public void ThreadsAndInstructionSets_GiveTheSameBits()
    {
        var path = Random(TinyModel.Llama, seed: 6).WritePeft(PathOf("peft"));
        var expected = Logits(TinyModel.Llama, path);
        foreach (var instructions in InstructionSets.Supported)
        {
            foreach (var threads in (int[])[1, 3])
                Assert.Equal(expected, Logits(TinyModel.Llama, path, options: Options with { Threads = threads, InstructionSet = instructions }));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TestAdapter Random(string model, int seed) => new(Config(model), seed);

    private static ModelConfig Config(string path)
    {
        using var model = ModelFile.Open(path);
        return model.Config;
    }

    private static float Distance(float[] a, float[] b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();

    /// <summary>Logits of all positions of a prompt.</summary>
    private static float[] Logits(string path, string? adapterPath, float scale = 1, EngineOptions? options = null)
    {
        using var model = LoadedModel.Open(path, options ?? Options);
        var adapter = adapterPath is null
            ? null
            : LoadedAdapter.Pack("a", AdapterFile.Open(adapterPath, model.Config), scale, model);
        using var run = new ColdRun(model, 64) { Adapter = adapter };
        var logits = new List<float>();
        run.Extend(TinyModel.Tokens(40, 12), (_, row) => logits.AddRange(row));
        adapter?.Release();
        return [.. logits];
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}

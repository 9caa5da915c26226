using Kvasir.Benchmarks.Peers;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Tests.Peers;

public sealed class ModelShapeTests
{
    private const int LayerWeights = 3 * ((64 * 64) + (2 * 64 * 32) + (64 * 64) + (3 * 64 * 96));
    private const int OutputWeights = 512 * 64;

    [Fact]
    public void AnEmbeddingThatIsNotTheOutput_IsNotReadForAToken()
    {
        using var model = ModelFile.Open(RepositoryFile.Find("tests", "Fixtures", "llama_rope3"));
        Assert.False(model.Config.TiedEmbeddings);
        var shape = ModelShape.Of(model);
        Assert.Equal(4 * (LayerWeights + OutputWeights), shape.DecodeStep(1).Bytes);
        Assert.Equal(2 * 3 * 2 * 16 * 2, shape.KvBytesPerToken);
        Assert.Equal((512, 256), (shape.VocabSize, shape.MaxContext));
    }

    [Fact]
    public void ATiedEmbedding_IsReadOnceAsTheOutput()
    {
        using var model = ModelFile.Open(RepositoryFile.Find("models", "kvasir-mini-draft.gguf"));
        Assert.True(model.Config.TiedEmbeddings);
        var shape = ModelShape.Of(model);
        var embedding = model.GetMatrix(WeightRole.TokenEmbedding);
        Assert.Equal(embedding.RowBytes * embedding.Rows, shape.Output.Bytes);
        Assert.InRange(shape.DecodeStep(1).Bytes, 0.9 * shape.FileBytes - 500_000, shape.FileBytes);
        Assert.True(shape.Layers.Int8Operations > 0);
    }

    [Fact]
    public void SequencesOfABatch_ShareTheReadingButNotTheComputing()
    {
        var shape = new ModelShape(new ModelWork(10, 100, 1), new ModelWork(5, 40, 2), 0, 0, 0, 0);
        Assert.Equal(new ModelWork(15, 140, 3), shape.DecodeStep(1));
        Assert.Equal(new ModelWork(15, 560, 12), shape.DecodeStep(4));
    }

    [Fact]
    public void OnlyTheLastRowOfAPrompt_GoesThroughTheOutput() =>
        Assert.Equal(new ModelWork(15, 10_040, 102), new ModelShape(new ModelWork(10, 100, 1), new ModelWork(5, 40, 2), 0, 0, 0, 0).Prefill(100));

    [Fact]
    public void MemoryThatIsAllowed_IsTheFileKeysAndValuesAndARuntime() =>
        Assert.Equal(1_150_000 + 5120 + 200_000_000, MemoryCheck.Allowed(new ModelShape(default, default, 1_000_000, 10, 0, 0), 512), 3);
}

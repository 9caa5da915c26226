using Kvasir.Engine.Embeddings;
using Microsoft.Extensions.AI;

namespace Kvasir.Engine.Tests.Embeddings;

/// <summary>The engine as the embedding generator of Microsoft.Extensions.AI.</summary>
public sealed class EmbeddingGeneratorTests
{
    [Fact]
    public async Task Vectors_AreTheEmbedders_WithUsageAndOptions()
    {
        using var model = new TinyEncoder();
        using var engine = EmbeddingEngine.Load(model.Path);
        using IEmbeddingGenerator<string, Embedding<float>> generator = new KvasirEmbeddingGenerator(engine);
        var generated = await generator.GenerateAsync(["the raven", "the sea"]);
        Assert.Equal(8, generated.Usage!.InputTokenCount);
        var own = await engine.EmbedAsync(new EmbeddingRequest { Prompt = engine.EncodeText("the sea") });
        Assert.Equal(own.Vector, generated[1].Vector.ToArray());

        var options = new EmbeddingGenerationOptions
        {
            Dimensions = 8,
            AdditionalProperties = new() { [KvasirEmbeddingGenerator.PromptName] = "query", [KvasirEmbeddingGenerator.Truncate] = true },
        };
        var cut = (await generator.GenerateAsync([string.Join(' ', Enumerable.Repeat("sea", 90))], options))[0].Vector;
        Assert.Equal(8, cut.Length);
        Assert.Equal(TinyEncoder.Dimensions, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        Assert.Same(engine, generator.GetService<EmbeddingEngine>());
        Assert.Null(generator.GetService<string>());
    }

    [Fact]
    public async Task ADecoder_IsAGeneratorToo_AndIsDisposedWhereItIsOwned()
    {
        using var model = new TestModel();
        var engine = KvasirEngine.Load(model.Path);
        using (var generator = new KvasirEmbeddingGenerator(engine, ownsEmbedder: true))
            Assert.Equal(engine.Config.HiddenSize, (await generator.GenerateAsync(["the sea"]))[0].Vector.Length);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 1 } }));
    }
}

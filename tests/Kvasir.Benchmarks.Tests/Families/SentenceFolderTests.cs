using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Tests.Families;

/// <summary>What sentence-transformers leaves beside a model decides how texts become vectors.</summary>
public sealed class SentenceFolderTests
{
    [Theory]
    [InlineData("cls", EmbeddingPooling.FirstToken)]
    [InlineData("mean", EmbeddingPooling.Mean)]
    [InlineData("lasttoken", EmbeddingPooling.LastToken)]
    public async Task Pooling_AndScaling_AreTheFolders(string mode, EmbeddingPooling pooling)
    {
        using var scaled = new TinyEncoder(mode);
        using var raw = new TinyEncoder(mode, normalize: false);
        using var scaledEngine = EmbeddingEngine.Load(scaled.Path);
        using var rawEngine = EmbeddingEngine.Load(raw.Path);
        var tokens = scaledEngine.EncodeText("The raven flies over the sea.");
        var given = (await scaledEngine.EmbedAsync(new EmbeddingRequest { Prompt = tokens })).Vector;
        Assert.Equal((await scaledEngine.EmbedAsync(new EmbeddingRequest { Prompt = tokens, Pooling = pooling, Normalize = true })).Vector, given);
        Assert.Equal(1, given.Sum(value => (double)value * value), 5);
        var unscaled = (await rawEngine.EmbedAsync(new EmbeddingRequest { Prompt = tokens })).Vector;
        Assert.Equal((await rawEngine.EmbedAsync(new EmbeddingRequest { Prompt = tokens, Pooling = pooling, Normalize = false })).Vector, unscaled);
        Assert.NotEqual(given, unscaled);
    }

    [Fact]
    public void Texts_StandBetweenTheirTokens_AndAreCutOnlyWhenAsked()
    {
        using var model = new TinyEncoder();
        using var engine = EmbeddingEngine.Load(model.Path);
        Assert.Equal(TinyEncoder.MaxTokens, engine.MaxTokens);
        var tokenizer = engine.Model.Tokenizer!;
        Assert.Equal([2, .. tokenizer.Encode("the raven"), 3], engine.EncodeText("The Raven"));
        Assert.Equal([2, 3], engine.EncodeText(""));
        Assert.DoesNotContain(3, engine.EncodeText("the [SEP] sea")[1..^1]); // special tokens in a text stay text

        var text = string.Join(' ', Enumerable.Repeat("raven", 50));
        var error = Assert.Throws<ContextLengthException>(() => engine.EncodeText(text));
        Assert.Contains("52", error.Message, StringComparison.Ordinal);
        var cut = engine.EncodeText(text, new TextOptions { Truncate = true });
        Assert.Equal([2, .. tokenizer.Encode(string.Join(' ', Enumerable.Repeat("raven", 46))), 3], cut);
    }

    [Fact]
    public void Prompts_StandBeforeTexts()
    {
        using var model = new TinyEncoder();
        using (var engine = EmbeddingEngine.Load(model.Path))
        {
            Assert.Equal(engine.EncodeText("query: sea"), engine.EncodeText("sea", new TextOptions { PromptName = "query" }));
            Assert.Contains("document, query", Assert.Throws<ArgumentException>(() => engine.EncodeText("sea", new TextOptions { PromptName = "title" })).Message, StringComparison.Ordinal);
        }

        model.Write("config_sentence_transformers.json", """{"prompts": {"document": "passage: "}, "default_prompt_name": "document"}""");
        using var second = EmbeddingEngine.Load(model.Path);
        Assert.Equal(second.EncodeText("passage: sea", new TextOptions { PromptName = "" }), second.EncodeText("sea"));
    }

    [Theory]
    [InlineData("max")]
    [InlineData("weightedmean_tokens")]
    public void Poolings_ThatAreNotDone_AreRefused(string mode)
    {
        using var model = new TinyEncoder(mode);
        Assert.Contains("pooling", Assert.Throws<UnsupportedModelException>(() => EmbeddingEngine.Load(model.Path)).Message, StringComparison.Ordinal);
        using var file = ModelFile.Open(model.Path); // as a model it can be looked at all the same
        Assert.NotNull(file.Embedding?.Unsupported);
    }

    [Fact]
    public void NewerPoolingNames_AreRead()
    {
        using var model = new TinyEncoder();
        model.Write("1_Pooling/config.json", """{"embedding_dimension": 32, "pooling_mode": "cls", "include_prompt": true}""");
        using var engine = EmbeddingEngine.Load(model.Path);
        Assert.Equal(EmbeddingPooling.FirstToken, engine.Model.Embedding!.Pooling);
    }

    [Fact]
    public void FurtherModules_AreRefused()
    {
        using var model = new TinyEncoder();
        model.Write("modules.json", """[{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]""");
        Assert.Contains("Dense", Assert.Throws<UnsupportedModelException>(() => EmbeddingEngine.Load(model.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../1_Pooling")]
    [InlineData("..")]
    [InlineData("/etc")]
    [InlineData("a\\\\b")]
    [InlineData("a\\u0000b")]
    [InlineData("2_Missing")]
    public void Places_OutsideTheFolderOrMissing_AreRefused(string path)
    {
        using var model = new TinyEncoder();
        model.Write("modules.json", $$"""[{"path": "{{path}}", "type": "sentence_transformers.models.Pooling"}]""");
        Assert.Throws<ModelFormatException>(() => ModelFile.Open(model.Path));
    }
}

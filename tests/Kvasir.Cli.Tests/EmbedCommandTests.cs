namespace Kvasir.Cli.Tests;

public sealed class EmbedCommandTests : IDisposable
{
    private readonly TinyEncoder _encoder = new();

    public void Dispose() => _encoder.Dispose();

    [Fact]
    public async Task Vectors_ComeInTheOrderOfTheTexts_AndDoNotDependOnEachOther()
    {
        var both = await Cli.RunAsync(["embed", "--model", _encoder.Path, "The raven flies.", "the sea", "--json"]);
        var one = await Cli.RunAsync(["embed", "--model", _encoder.Path, "the sea", "--json", "--threads", "1"]);
        Assert.Equal("", both.Error);
        Assert.Equal(["model", "dimensions", "tokens", "embeddings"], both.Fields);
        Assert.Equal("the sea", both.Json.GetProperty("embeddings")[1].GetProperty("text").GetString());
        Assert.Equal(TinyEncoder.Dimensions, both.Json.GetProperty("embeddings")[1].GetProperty("vector").GetArrayLength());
        Assert.Equal(one.Json.GetProperty("embeddings")[0].GetProperty("vector").GetRawText(), both.Json.GetProperty("embeddings")[1].GetProperty("vector").GetRawText());
        Assert.Equal(4, both.Json.GetProperty("embeddings")[1].GetProperty("tokens").GetInt32()); // [CLS] the sea [SEP]
    }

    [Fact]
    public async Task Lines_OfAFileAndOfTheInput_AreTexts()
    {
        var file = Path.Combine(_encoder.Folder, "texts.txt");
        await File.WriteAllTextAsync(file, "the raven\r\n\nthe mountain\n");
        var ofFile = await Cli.RunAsync(["embed", "-m", _encoder.Path, "--file", file, "--json"]);
        var ofInput = await Cli.RunAsync(["embed", "-m", _encoder.Path, "--json"], "the raven\nthe mountain");
        Assert.Equal(2, ofFile.Json.GetProperty("embeddings").GetArrayLength());
        Assert.Equal(ofFile.Output, ofInput.Output);
        Assert.Contains("no text", (await Cli.RunAsync(["embed", "-m", _encoder.Path], "\n")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Similarity_IsTheCosineOfEveryTwo()
    {
        var result = await Cli.RunAsync(["embed", "-m", _encoder.Path, "--similarity", "--json", "the raven flies", "the raven flies", "sea"]);
        var rows = result.Json.GetProperty("similarity");
        Assert.Equal(1, rows[0][1].GetDouble(), 6);
        Assert.InRange(rows[0][2].GetDouble(), -1, 0.999);
        Assert.Equal(rows[0][2].GetDouble(), rows[2][0].GetDouble(), 12);
        var table = await Cli.RunAsync(["embed", "-m", _encoder.Path, "-s", "the raven flies", "sea"]);
        Assert.Contains("1.0000", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_ShortenPromptAndCut()
    {
        var cut = await Cli.RunAsync(["embed", "-m", _encoder.Path, "-d", "8", "--json", "sea"]);
        Assert.Equal(8, cut.Json.GetProperty("dimensions").GetInt32());
        var prompt = await Cli.RunAsync(["embed", "-m", _encoder.Path, "--prompt-name", "query", "--json", "sea"]);
        var written = await Cli.RunAsync(["embed", "-m", _encoder.Path, "--json", "query: sea"]);
        Assert.Equal(written.Json.GetProperty("embeddings")[0].GetProperty("vector").GetRawText(), prompt.Json.GetProperty("embeddings")[0].GetProperty("vector").GetRawText());

        var text = string.Join(' ', Enumerable.Repeat("raven", 60));
        var refused = await Cli.RunAsync(["embed", "-m", _encoder.Path, text]);
        Assert.Equal(ExitCode.Failure, refused.Code);
        Assert.Contains("62 tokens", refused.Error, StringComparison.Ordinal);
        var truncated = await Cli.RunAsync(["embed", "-m", _encoder.Path, "--truncate", "--json", text]);
        Assert.Equal(TinyEncoder.MaxTokens, truncated.Json.GetProperty("tokens").GetInt32());
        Assert.Contains("known: mean, lasttoken, firsttoken", (await Cli.RunAsync(["embed", "--pooling", "max", "a"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADecoder_EmbedsToo_AndAnEncoderDoesNotGenerate()
    {
        using var decoder = new TestModel();
        var result = await Cli.RunAsync(["embed", "-m", decoder.Path, "--json", "the sea", "the sky"]);
        Assert.Equal("", result.Error);
        Assert.Equal(2, result.Json.GetProperty("embeddings").GetArrayLength());
        var refused = await Cli.RunAsync(["generate", "-m", _encoder.Path, "--prompt", "the"]);
        Assert.Equal(ExitCode.Failure, refused.Code);
        Assert.Contains("kvasir embed", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_ShowsAnEncoder()
    {
        var info = await Cli.RunAsync(["model", "info", _encoder.Path, "--json"]);
        Assert.Equal("", info.Error);
        Assert.Equal("bert", info.Json.GetProperty("architecture").GetString());
        Assert.True(info.Json.GetProperty("encoder").GetBoolean());
        Assert.Equal("mean", info.Json.GetProperty("pooling").GetString());
        Assert.Equal(0, info.Json.GetProperty("kvBytesPerToken16Bit").GetInt64());
        Assert.Contains("encoder", (await Cli.RunAsync(["model", "info", _encoder.Path])).Output, StringComparison.Ordinal);
    }
}

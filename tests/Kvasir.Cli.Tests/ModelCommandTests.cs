using System.Text.Json.Nodes;

namespace Kvasir.Cli.Tests;

public sealed class ModelCommandTests(TestModel model) : IClassFixture<TestModel>
{
    [Fact]
    public async Task Verify_OfAFixture_Passes()
    {
        var result = await Cli.RunAsync(["model", "verify", TestModel.Fixture("llama_rope3"), "--json"]);
        Assert.Equal(["architecture", "maxAbsDiff", "logitRange", "top1Agreement", "pass"], result.Fields);
        Assert.True(result.Json.GetProperty("pass").GetBoolean());
        Assert.Equal(ExitCode.Success, result.Code);
    }

    [Fact]
    public async Task Verify_WithOneLogitOff_DoesNotPass()
    {
        var folder = Path.Combine(model.Folder, "off");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TestModel.Fixture("llama_rope3")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var logits = Path.Combine(folder, "logits_0.f32");
        var bytes = await File.ReadAllBytesAsync(logits);
        BitConverter.TryWriteBytes(bytes.AsSpan(400), BitConverter.ToSingle(bytes, 400) + 0.01f);
        await File.WriteAllBytesAsync(logits, bytes);
        var result = await Cli.RunAsync(["model", "verify", folder, "--json"]);
        Assert.False(result.Json.GetProperty("pass").GetBoolean());
        Assert.InRange(result.Json.GetProperty("maxAbsDiff").GetDouble(), 0.009, 0.011);
        Assert.Equal(ExitCode.Failure, result.Code);
    }

    [Fact]
    public async Task Verify_WithShortLogits_SaysHowManyBytesAreMissing()
    {
        var folder = Path.Combine(model.Folder, "short");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(TestModel.Fixture("llama_rope3")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        await File.WriteAllBytesAsync(Path.Combine(folder, "logits_0.f32"), new byte[16]);
        var result = await Cli.RunAsync(["model", "verify", folder]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Contains("has 16 bytes", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_AgainstItself_AgreesEverywhere_AgainstAQuantisedOneItMeasuresTheLoss()
    {
        var text = model.Write("text.json", """{"a": ["the river runs to the sea and the sea to the sky"], "b": ["a stone is a stone is a stone"]}""");
        var same = await Cli.RunAsync(["model", "verify", model.Path, "--against", model.Path, "--text", text, "--json"]);
        Assert.Equal("", same.Error);
        Assert.Equal(0, same.Json.GetProperty("maxAbsDiff").GetDouble());
        Assert.True(same.Json.GetProperty("pass").GetBoolean());

        var small = Path.Combine(model.Folder, "small.gguf");
        var converted = await Cli.RunAsync(["model", "convert", model.Path, small, "--type", "q4_0", "--override", "token_embd=q8_0", "--json"]);
        Assert.Equal("", converted.Error);
        Assert.True(converted.Json.GetProperty("bitsPerWeight").GetDouble() < 9);
        var other = await Cli.RunAsync(["model", "verify", small, "--against", model.Path, "--text", text, "--json"]);
        Assert.True(other.Json.GetProperty("meanKl").GetDouble() > 0);
    }

    [Fact]
    public async Task Verify_WithAReference_ComparesLogitsAndGreedyTokens()
    {
        var tokens = (await Cli.RunAsync(["generate", "--raw", "--model", model.Path, "--prompt", "abc", "--max-tokens", "3", "--kv-type", "f32", "--json"])).Json
            .GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).ToArray();
        var reference = new JsonObject
        {
            ["input_ids"] = new JsonArray(5, 6, 7),
            ["positions"] = new JsonArray(2),
            ["top20_ids"] = new JsonArray(new JsonArray(tokens[0], 1)),
            ["top20_logits"] = new JsonArray(new JsonArray(1000, 0)),
            ["logsumexp"] = new JsonArray(1000),
            ["greedy_64_end_suppressed"] = new JsonArray(1),
            ["greedy_margins"] = new JsonArray(1),
        };
        var wrong = await Cli.RunAsync(["model", "verify", model.Path, "--reference", model.Write("wrong.json", reference.ToJsonString()), "--json"]);
        Assert.Equal(ExitCode.Failure, wrong.Code);
        Assert.False(wrong.Json.GetProperty("pass").GetBoolean());

        reference.Remove("logsumexp");
        var damaged = await Cli.RunAsync(["model", "verify", model.Path, "--reference", model.Write("damaged.json", reference.ToJsonString())]);
        Assert.Contains("\"logsumexp\" is missing", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_DoesNotOverwriteAFileUnasked()
    {
        var target = model.Write("exists.gguf", "precious");
        var refused = await Cli.RunAsync(["model", "convert", model.Path, target]);
        Assert.Equal(ExitCode.Failure, refused.Code);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(target));
    }

    [Fact]
    public async Task Info_NamesWhatTheModelIs()
    {
        var result = await Cli.RunAsync(["model", "info", model.Path, "--json"]);
        Assert.Equal("llama", result.Json.GetProperty("architecture").GetString());
        Assert.Equal(512, result.Json.GetProperty("vocabSize").GetInt32());
        Assert.Equal(64, result.Json.GetProperty("fingerprint").GetString()!.Length);
        Assert.Contains("fingerprint", (await Cli.RunAsync(["model", "info", model.Path])).Output, StringComparison.Ordinal);
    }
}

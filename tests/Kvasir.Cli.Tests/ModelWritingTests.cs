using Kvasir.Models;

namespace Kvasir.Cli.Tests;

/// <summary><c>kvasir model quantize</c> and <c>kvasir model merge-lora</c>.</summary>
public sealed class ModelWritingTests : IDisposable
{
    private readonly TestModel _model = new();

    [Fact]
    public async Task AConvertedFile_IsVerifiedAgainstTheFoldersReference()
    {
        const string Fixture = "llama_rope3";
        var file = Path.Combine(_model.Folder, "converted.gguf");
        Assert.Equal("", (await Cli.RunAsync(["model", "convert", TestModel.Fixture(Fixture), file, "--type", "f32", "--json"])).Error);
        var exact = await Cli.RunAsync(["model", "verify", file, "--reference", TestModel.Fixture(Fixture), "--json"]);
        Assert.True(exact.Json.GetProperty("pass").GetBoolean());
        await Cli.RunAsync(["model", "convert", TestModel.Fixture(Fixture), file, "--type", "q4_0", "--force", "--json"]);
        Assert.False((await Cli.RunAsync(["model", "verify", file, "--reference", TestModel.Fixture(Fixture), "--json"])).Json.GetProperty("pass").GetBoolean());
    }

    [Fact]
    public async Task Quantize_MixesTypesUnderTheBits_WeighedByAText()
    {
        var text = _model.Write("text.txt", "the river runs to the sea and the sea to the sky, and a stone is a stone is a stone");
        var mixed = Path.Combine(_model.Folder, "mixed.gguf");
        var result = await Cli.RunAsync(["model", "quantize", _model.Path, mixed, "--type", "mixed", "--bits", "6", "--calibration", text, "--json"]);
        Assert.Equal("", result.Error);
        Assert.InRange(result.Json.GetProperty("bitsPerWeight").GetDouble(), 4, 6);
        Assert.True(result.Json.GetProperty("types").GetArrayLength() > 1);
        Assert.All(result.Json.GetProperty("types").EnumerateArray(), type => Assert.InRange(type.GetProperty("weightedError").GetDouble(), 0, 0.1));
        var verified = await Cli.RunAsync(["model", "verify", mixed, "--against", _model.Path, "--text", text, "--json"]);
        Assert.InRange(verified.Json.GetProperty("meanKl").GetDouble(), 1e-12, 0.5);

        var plain = await Cli.RunAsync(["model", "quantize", _model.Path, Path.Combine(_model.Folder, "small.gguf"), "--type", "q6_k"]);
        Assert.Equal(ExitCode.Success, plain.Code);
        Assert.Contains("bits a weight", plain.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quantize_RefusesWhatMakesNoSense()
    {
        var target = _model.Write("exists.gguf", "precious");
        var exists = await Cli.RunAsync(["model", "quantize", _model.Path, target]);
        Assert.Contains("--force", exists.Error, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(target));
        var other = Path.Combine(_model.Folder, "other.gguf");
        Assert.Contains("mixed", (await Cli.RunAsync(["model", "quantize", _model.Path, other, "--type", "Q4_K", "--bits", "5"])).Error, StringComparison.Ordinal);
        Assert.Contains("known", (await Cli.RunAsync(["model", "quantize", _model.Path, other, "--type", "f32"])).Error, StringComparison.Ordinal);
        Assert.Contains("more bits", (await Cli.RunAsync(["model", "quantize", _model.Path, other, "--type", "mixed", "--bits", "1"])).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(other));
    }

    [Fact]
    public async Task MergeLora_WritesAModelThatAnswersAsTheAdapterDoes()
    {
        TestAdapter adapter;
        using (var file = ModelFile.Open(_model.Path))
            adapter = new TestAdapter(file.Config, seed: 3);
        var peft = adapter.WritePeft(Path.Combine(_model.Folder, "peft"));
        var merged = Path.Combine(_model.Folder, "merged.gguf");
        var result = await Cli.RunAsync(["model", "merge-lora", _model.Path, peft, merged, "--type", "f32", "--json"]);
        Assert.Equal("", result.Error);
        Assert.Equal(4, result.Json.GetProperty("rank").GetInt32());
        string[] ask = ["--prompt", "abc", "--raw", "--max-tokens", "8", "--kv-type", "f32", "--json"];
        var adapted = await Cli.RunAsync(["generate", "--model", _model.Path, "--adapter", peft, .. ask]);
        var whole = await Cli.RunAsync(["generate", "--model", merged, .. ask]);
        Assert.Equal(adapted.Json.GetProperty("tokens").ToString(), whole.Json.GetProperty("tokens").ToString());

        Assert.Contains("--force", (await Cli.RunAsync(["model", "merge-lora", _model.Path, peft, merged])).Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, (await Cli.RunAsync(["model", "merge-lora", _model.Path, peft, Path.Combine(_model.Folder, "copy")])).Code);
        var copy = await Cli.RunAsync(["generate", "--model", Path.Combine(_model.Folder, "copy"), .. ask]);
        Assert.Equal(adapted.Json.GetProperty("tokens").ToString(), copy.Json.GetProperty("tokens").ToString());
        Assert.Contains(".gguf", (await Cli.RunAsync(["model", "merge-lora", merged, peft, Path.Combine(_model.Folder, "folder")])).Error, StringComparison.Ordinal);
    }

    public void Dispose() => _model.Dispose();
}

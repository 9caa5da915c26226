using Kvasir.Models;

namespace Kvasir.Cli.Tests;

public sealed class AdapterTests : IClassFixture<TestModel>
{
    private readonly TestModel _model;
    private readonly string _peft;
    private readonly string _gguf;

    public AdapterTests(TestModel model)
    {
        _model = model;
        using var file = ModelFile.Open(model.Path);
        var adapter = new TestAdapter(file.Config, seed: 1, rank: 4, alpha: 20);
        _peft = adapter.WritePeft(Path.Combine(model.Folder, "raven"));
        _gguf = adapter.WriteGguf(Path.Combine(model.Folder, "raven.gguf"));
    }

    [Fact]
    public async Task Generate_AnswersWithTheAdapter_OfEitherFormat()
    {
        var bare = await Generate();
        var peft = await Generate("--adapter", _peft);
        Assert.NotEqual(bare, peft);
        Assert.Equal(peft, await Generate("--adapter", _gguf));
        Assert.Equal(bare, await Generate("--adapter", _gguf, "--adapter-scale", "0"));
    }

    [Fact]
    public async Task Chat_AnswersAsGenerateDoes()
    {
        var chat = await Cli.RunAsync(["chat", "--model", _model.Path, "--max-tokens", "8", "--adapter", _peft], input: "a stone\n");
        Assert.Equal(ExitCode.Success, chat.Code);
        Assert.Contains(await Generate("--adapter", _peft), chat.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(await Generate(), chat.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_NeedsTheReceiptsAdapter()
    {
        var receipt = Path.Combine(_model.Folder, "adapter-receipt.json");
        await Cli.RunAsync(["run", "--model", _model.Path, "a stone", "--max-tokens", "6", "--adapter", _peft, "--receipt", receipt]);
        var without = await Cli.RunAsync(["replay", receipt, "--model", _model.Path]);
        Assert.Equal(ExitCode.Failure, without.Code);
        Assert.Contains("adapter raven", without.Error, StringComparison.Ordinal);
        var with = await Cli.RunAsync(["replay", receipt, "--model", _model.Path, "--adapter", _gguf, "--json"]);
        Assert.True(with.Json.GetProperty("bitsEqual").GetBoolean());
    }

    [Fact]
    public async Task AdapterThatCannotBeRead_IsOneLine()
    {
        var result = await Cli.RunAsync(["run", "--model", _model.Path, "a stone", "--adapter", _model.Path]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Contains("adapter_config.json is not in the folder", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    private async Task<string> Generate(params string[] more)
    {
        var result = await Cli.RunAsync(["generate", "--model", _model.Path, "--prompt", "a stone", "--max-tokens", "8", "--json", .. more]);
        Assert.Equal("", result.Error);
        return result.Json.GetProperty("text").GetString()!;
    }
}

using Kvasir.Models.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>What a pull loads, where it goes, and that it is whole.</summary>
public sealed class PullTests : IDisposable
{
    private readonly HubFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(32)]
    public async Task AFile_ComesInParts_WithItsBytes_AndIsFoundByItsName(int connections)
    {
        var bytes = _folder.AddGguf();
        var result = await _folder.PullAsync("acme/tiny:q4_k_m", _folder.Options with { Connections = connections });
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        Assert.Equal(bytes.Length, result.LoadedBytes);
        Assert.Equal(11, _folder.Hub.Requests.Count(request => request.Host == "cdn"));
        Assert.Equal(result.Path, _folder.Models.Find(HubReference.Parse("acme/tiny"))!.Path);
        Assert.Equal([$"acme/tiny/{new string('1', 40)}.json", $"acme/tiny/{new string('1', 40)}/tiny-Q4_K_M.gguf"], _folder.Visible().Order());
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Models.Path, "acme", "tiny", "partial")));
        Assert.True(_folder.Progress[^1] is { Done: true } last && last.Loaded == bytes.Length && last.Bytes == bytes.Length);
    }

    [Fact]
    public async Task AFolder_IsWhatRunsIt_AndNothingElse()
    {
        var hub = _folder.Hub.Add(HubFolder.Id)
            .Add("config.json", "{}").Add("tokenizer.json", "{\"a\":1}").Add("README.md", "x").Add("pytorch_model.bin", HubFolder.Bytes(50))
            .Add("model-00001-of-00002.safetensors", HubFolder.Bytes(2500, 2)).Add("model-00002-of-00002.safetensors", HubFolder.Bytes(1000, 3))
            .Add("model.safetensors.index.json", "{\"weight_map\":{}}").Add("consolidated.safetensors", HubFolder.Bytes(20, 4))
            .Add("onnx/model.safetensors", HubFolder.Bytes(9, 5)).Add("added_tokens.json", "");
        var result = await _folder.PullAsync();
        Assert.Equal(
            ["added_tokens.json", "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.json"],
            Directory.GetFiles(result.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var file in Directory.GetFiles(result.Path))
            Assert.Equal(hub.Files[Path.GetFileName(file)], File.ReadAllBytes(file));
        var model = Assert.Single(_folder.Models.List());
        Assert.Equal((StoredKind.SafeTensors, true, "acme/tiny"), (model.Kind, model.Complete, model.Name));
    }

    [Fact]
    public async Task ASecondPull_LoadsNothing()
    {
        _folder.AddGguf();
        await _folder.PullAsync();
        var before = _folder.Hub.Requests.Count;
        var again = await _folder.PullAsync();
        Assert.Equal(0, again.LoadedBytes);
        Assert.Equal(before + 1, _folder.Hub.Requests.Count);
    }
}

using Kvasir.Models.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>Choosing, finding and removing.</summary>
public sealed class ModelsFolderTests : IDisposable
{
    private readonly HubFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SeveralModels_MustBeChosenFrom_BeforeAndAfter()
    {
        _folder.Hub.Add(HubFolder.Id)
            .Add("tiny-Q4_K_M.gguf", HubFolder.Bytes(10)).Add("tiny-Q4_K_S.gguf", HubFolder.Bytes(11, 2)).Add("tiny-Q8_0.gguf", HubFolder.Bytes(12, 3))
            .Add("mmproj-F16.gguf", HubFolder.Bytes(13, 4)).Add("sub/other-Q8_0.gguf", HubFolder.Bytes(14, 5));
        var refused = await _folder.RefusedAsync();
        Assert.Contains("4 models", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Q8_0, Q4_K_M, Q4_K_S", refused.Message, StringComparison.Ordinal);
        Assert.Contains("sub/other-Q8_0.gguf", (await _folder.RefusedAsync("acme/tiny:Q8_0")).Message, StringComparison.Ordinal);
        Assert.Contains("no GGUF file with 'Q4_K'", (await _folder.RefusedAsync("acme/tiny:Q4_K")).Message, StringComparison.Ordinal);
        Assert.Contains("no file 'x*'", (await _folder.RefusedAsync("acme/tiny:x*")).Message, StringComparison.Ordinal);
        await _folder.PullAsync("acme/tiny:Q4_K_M");
        await _folder.PullAsync("acme/tiny:sub/*");
        Assert.Contains("acme/tiny:Q8_0, acme/tiny:Q4_K_M", Assert.Throws<InvalidOperationException>(() => Find("acme/tiny")).Message, StringComparison.Ordinal);
        Assert.EndsWith("tiny-Q4_K_M.gguf", Find("ACME/tiny:q4_k_m")!.Path, StringComparison.Ordinal);
        Assert.EndsWith("other-Q8_0.gguf", Find("acme/tiny:sub/other-Q8_0.gguf")!.Path, StringComparison.Ordinal);
        await _folder.PullAsync("acme/tiny:tiny-Q8_0.gguf");
        Assert.Contains(
            "acme/tiny:sub/other-Q8_0.gguf, acme/tiny:tiny-Q8_0.gguf",
            Assert.Throws<InvalidOperationException>(() => Find("acme/tiny:Q8_0")).Message,
            StringComparison.Ordinal);
        Assert.Null(Find("acme/tiny:Q2_K"));
        Assert.Null(Find("acme/other"));
    }

    [Fact]
    public async Task ASplitModel_IsLoadedWhole_OrNotAtAll()
    {
        var hub = _folder.Hub.Add(HubFolder.Id).Add("Q6_K/tiny-Q6_K-00001-of-00002.gguf", HubFolder.Bytes(10));
        Assert.Contains("split in 2 parts and 1", (await _folder.RefusedAsync("acme/tiny:Q6_K")).Message, StringComparison.Ordinal);
        hub.Add("Q6_K/tiny-Q6_K-00002-of-00002.gguf", HubFolder.Bytes(20, 2));
        Assert.EndsWith("-00001-of-00002.gguf", (await _folder.PullAsync("acme/tiny:Q6_K")).Path, StringComparison.Ordinal);
        Assert.Equal(30, Assert.Single(_folder.Models.List()).Bytes);
    }

    [Fact]
    public async Task RevisionsThatShareAFile_LoadItOnce_AndTheLastOneFreesIt()
    {
        var bytes = _folder.AddGguf();
        await _folder.PullAsync();
        _folder.Hub.Add(HubFolder.Id, '2').Add("renamed-Q4_K_M.gguf", bytes).Add("README.md", "# Newer");
        var newer = await _folder.PullAsync();
        Assert.Equal(0, newer.LoadedBytes);
        Assert.Equal(bytes, File.ReadAllBytes(newer.Path));
        Assert.Equal(newer.Path, Find("acme/tiny")!.Path);
        var older = Assert.Single(Matching($"acme/tiny@{new string('1', 40)}"));
        Assert.Equal(0, _folder.Models.Remove([older]));
        Assert.Equal(bytes, File.ReadAllBytes(newer.Path));
        Assert.Equal(bytes.Length, _folder.Models.Remove(Matching("acme/tiny")));
        Assert.Empty(_folder.Visible());
        Assert.False(Directory.Exists(Path.Combine(_folder.Models.Path, "acme")));
    }

    [Fact]
    public async Task ABranchAndATag_AreKeptSideBySide()
    {
        var first = _folder.AddGguf();
        _folder.Hub.Add(HubFolder.Id, '2').Add("tiny-Q4_K_M.gguf", HubFolder.Bytes(77, 9)).Revisions.Add("v2");
        await _folder.PullAsync("acme/tiny@v2");
        await _folder.PullAsync($"acme/tiny@{new string('1', 40)}");
        Assert.Equal(first, File.ReadAllBytes(Find("acme/tiny@1111111")!.Path));
        Assert.Equal(77, Find("acme/tiny@v2")!.Bytes);
        Assert.Equal(HubProblem.RevisionNotFound, (await _folder.RefusedAsync("acme/tiny@v3")).Problem);
    }

    [Fact]
    public async Task RemovingOneQuantisation_LeavesTheOthers_AndWhatIsNotOurs()
    {
        _folder.Hub.Add(HubFolder.Id).Add("tiny-Q4_K_M.gguf", HubFolder.Bytes(10)).Add("tiny-Q8_0.gguf", HubFolder.Bytes(12, 3));
        await _folder.PullAsync("acme/tiny:Q4_K_M");
        await _folder.PullAsync("acme/tiny:Q8_0");
        var note = Path.Combine(Path.GetDirectoryName(Find("acme/tiny:Q8_0")!.Path)!, "note.txt");
        await File.WriteAllTextAsync(note, "mine");
        Assert.Equal(10, _folder.Models.Remove(Matching("acme/tiny:Q4_K_M")));
        Assert.Equal("acme/tiny:Q8_0", Assert.Single(_folder.Models.List()).Name);
        Assert.Equal(12, _folder.Models.Remove(Matching("acme/tiny")));
        Assert.Empty(_folder.Models.List());
        Assert.True(File.Exists(note));
    }

    [Fact]
    public async Task AnIncompleteModel_IsNotRun_AndCanBeRemoved()
    {
        _folder.AddGguf();
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _folder.PullAsync(cancellation: cancel.Token, progress: _ => cancel.Cancel()));
        Assert.Contains("kvasir pull acme/tiny", Assert.Throws<InvalidOperationException>(() => Find("acme/tiny")).Message, StringComparison.Ordinal);
        _folder.Models.Remove(Matching("acme/tiny"));
        Assert.All(Directory.GetFiles(_folder.Models.Path, "*", SearchOption.AllDirectories), file => Assert.Contains(".locks", file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatAnotherProcessPulls_IsLeftAlone()
    {
        _folder.AddGguf();
        using (_folder.Models.Lock(HubFolder.Id))
            Assert.Contains("another process", (await Assert.ThrowsAsync<IOException>(() => _folder.PullAsync())).Message, StringComparison.Ordinal);
        await _folder.PullAsync();
    }

    [Theory]
    [InlineData("tiny-Q4_K_M.gguf", "../../tiny.gguf", "files[0].path")]
    [InlineData("\"version\": 1", "\"version\": 9", "version")]
    [InlineData("acme/tiny", "acme/other", "id")]
    [InlineData("sha256:", "md5:", "files[0].digest")]
    public async Task ADamagedManifest_IsSaidWithFileAndField(string from, string to, string field)
    {
        _folder.AddGguf();
        await _folder.PullAsync();
        var manifest = Directory.GetFiles(Path.Combine(_folder.Models.Path, "acme", "tiny"), "*.json").Single();
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace(from, to, StringComparison.Ordinal));
        var refused = Assert.Throws<ModelFormatException>(() => _folder.Models.List());
        Assert.Equal(manifest, refused.Path);
        Assert.Contains($"\"{field}\"", refused.Message, StringComparison.Ordinal);
    }

    private StoredModel? Find(string reference) => _folder.Models.Find(HubReference.Parse(reference));

    private IReadOnlyList<StoredModel> Matching(string reference) => _folder.Models.Matching(HubReference.Parse(reference));
}

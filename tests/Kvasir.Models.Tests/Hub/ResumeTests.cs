using Kvasir.Models.Hub;
using Kvasir.Tests.Shared.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>An interrupted pull goes on where it was, and never with bytes of something else.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly HubFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Cancelled_AnywhereOnTheWay_TheNextPullLoadsOnlyWhatIsMissing(int connections)
    {
        var bytes = _folder.AddGguf(count: 50 * HubFolder.PartBytes);
        var options = _folder.Options with { Connections = connections };
        long kept = 0;
        for (var stops = 1; stops <= 5; stops++)
        {
            using var cancel = new CancellationTokenSource();
            var most = kept + 7777;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _folder.PullAsync(options: options, cancellation: cancel.Token, progress: report =>
            {
                if (report.FileLoaded >= most)
                    cancel.Cancel();
            }));
            Assert.Single(_folder.Visible());
            Assert.False(Assert.Single(_folder.Models.List()).Complete);
            _folder.Progress.Clear();
            kept = LoadedNow(bytes.Length);
            Assert.True(kept >= most, $"{kept} bytes were kept of {most}");
        }

        var asked = _folder.Hub.Requests.Count;
        var result = await _folder.PullAsync(options: options);
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        Assert.Equal(bytes.Length - kept, result.LoadedBytes);
        Assert.Equal(bytes.Length - kept, _folder.Hub.Requests.Skip(asked).Where(request => request.Host == "cdn").Sum(request => request.Range!.Value.Last - request.Range.Value.First + 1));
    }

    [Fact]
    public async Task ConnectionsThatBreak_AreMadeAnew_FromWhereTheyWere()
    {
        var bytes = _folder.AddGguf();
        var broken = 0;
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" && reply.Body.Length > 300 && Interlocked.Increment(ref broken) <= 25
            ? reply with { CutAfter = 300 }
            : reply;
        var result = await _folder.PullAsync();
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        var asked = _folder.Hub.Requests.Where(request => request.Host == "cdn").Select(request => request.Range!.Value).ToArray();
        Assert.Equal(asked.Length, asked.Distinct().Count());
        Assert.Contains((300L, 999L), asked);
    }

    [Fact]
    public async Task KilledWithoutASave_TheStateThatIsThereIsUsed_AndADamagedOneIsNot()
    {
        var bytes = _folder.AddGguf();
        await InterruptAsync(4000);
        var state = Directory.GetFiles(Partial, "*.state").Single();
        await File.WriteAllTextAsync(state, (await File.ReadAllTextAsync(state)).Replace("\"done\"", "\"gone\"", StringComparison.Ordinal));
        var result = await _folder.PullAsync();
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        Assert.Equal(bytes.Length, result.LoadedBytes);
    }

    [Theory]
    [InlineData("1000", "1001")]
    [InlineData("1000", "-1")]
    [InlineData("10123", "10124")]
    [InlineData("\"version\": 1", "\"version\": 2")]
    [InlineData("[", "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,")]
    [InlineData("{", "")]
    public async Task AStateThatLies_IsNotUsed(string from, string to)
    {
        var bytes = _folder.AddGguf();
        await InterruptAsync(4000);
        var state = Directory.GetFiles(Partial, "*.state").Single();
        await File.WriteAllTextAsync(state, (await File.ReadAllTextAsync(state)).Replace(from, to, StringComparison.Ordinal));
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync()).Path));
    }

    [Fact]
    public async Task PartialBytesThatWereDamaged_AreFoundByTheChecksum_AndLoadedAnew()
    {
        var bytes = _folder.AddGguf();
        await InterruptAsync(5000);
        using (var partial = File.OpenWrite(Directory.GetFiles(Partial, "*.part").Single()))
            partial.Write("damage"u8);
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync()).Path));
    }

    [Fact]
    public async Task ANewerCommitWithAnotherFile_StartsAnew_AndTheOldPartsAreDeleted()
    {
        _folder.AddGguf();
        await InterruptAsync(5000);
        var newer = HubFolder.Bytes(10_123, seed: 2);
        _folder.Hub.Add(HubFolder.Id, '2').Add("tiny-Q4_K_M.gguf", newer);
        var result = await _folder.PullAsync();
        Assert.Equal(newer, File.ReadAllBytes(result.Path));
        Assert.Equal(newer.Length, result.LoadedBytes);
        Assert.Empty(Directory.GetFiles(Partial));
        Assert.Equal([true, false], _folder.Models.List().Select(model => model.Complete));
        Assert.Equal([["main"], []], _folder.Models.List().Select(model => model.Revisions));
    }

    [Fact]
    public async Task ATagThatChangesWhileLoading_StartsAnew()
    {
        var bytes = _folder.AddGguf();
        await InterruptAsync(5000);
        var asked = _folder.Hub.Requests.Count;
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" ? LocalHub.Part(request, bytes, "another-tag") : reply;
        var result = await _folder.PullAsync(options: _folder.Options with { Connections = 1 });
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        var cdn = _folder.Hub.Requests.Skip(asked).Where(request => request.Host == "cdn").ToArray();
        Assert.NotNull(cdn[0].Header("if-range"));
        Assert.Equal((0L, 999L), cdn[1].Range);
        Assert.Null(cdn[1].Header("if-range"));
        Assert.Equal("\"another-tag\"", cdn[2].Header("if-range"));
    }

    [Fact]
    public async Task ATagThatNeverStays_IsGivenUp()
    {
        var bytes = _folder.AddGguf();
        var count = 0;
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" ? LocalHub.Part(request, bytes, $"tag-{Interlocked.Increment(ref count)}") : reply;
        var refused = await _folder.RefusedAsync();
        Assert.Equal(HubProblem.WrongAnswer, refused.Problem);
        Assert.Contains("changed 3 times", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerWithoutRanges_GivesTheWholeFile()
    {
        var bytes = _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" ? new HubReply(200) { Body = bytes } : reply;
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync()).Path));
    }

    [Fact]
    public async Task AServerThatGivesLessThanAsked_IsAskedForTheRest()
    {
        var bytes = _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request is { Host: "cdn", Range: { } range }
            ? LocalHub.Part(request with { Headers = new Dictionary<string, string> { ["range"] = $"bytes={range.First}-{Math.Min(range.Last, range.First + 400)}" } }, bytes, "tag")
            : reply;
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync()).Path));
        Assert.Empty(_folder.Pauses);
    }

    [Fact]
    public async Task AFileThatGotItsNameJustBeforeTheEnd_IsTakenAfterACheck()
    {
        var bytes = _folder.AddGguf();
        var path = (await _folder.PullAsync()).Path;
        var manifest = Directory.GetFiles(Path.GetDirectoryName(Path.GetDirectoryName(path))!, "*.json").Single();
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"complete\": true", "\"complete\": false", StringComparison.Ordinal));
        Assert.Equal(0, (await _folder.PullAsync()).LoadedBytes);
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"complete\": true", "\"complete\": false", StringComparison.Ordinal));
        await File.WriteAllBytesAsync(path, new byte[bytes.Length]);
        Assert.Equal(bytes.Length, (await _folder.PullAsync()).LoadedBytes);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    private string Partial => Path.Combine(_folder.Models.Path, "acme", "tiny", "partial");

    private async Task InterruptAsync(int after)
    {
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _folder.PullAsync(
            options: _folder.Options with { Connections = 1 },
            cancellation: cancel.Token,
            progress: report =>
            {
                if (report.FileLoaded >= after)
                    cancel.Cancel();
            }));
    }

    private long LoadedNow(int size)
    {
        Assert.Equal(size, new FileInfo(Directory.GetFiles(Partial, "*.part").Single()).Length);
        var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(Partial, "*.state").Single()));
        return json.RootElement.GetProperty("done").EnumerateArray().Sum(done => done.GetInt64());
    }
}

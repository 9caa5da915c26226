using System.Globalization;
using System.Text;
using Kvasir.Models.Hub;
using Kvasir.Tests.Shared.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>Hubs that fail, lie or mean harm.</summary>
public sealed class FaultTests : IDisposable
{
    private const string Token = "hf_secret-of-the-tests";
    private readonly HubFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AWrongChecksum_LeavesNothingBehind()
    {
        var bytes = _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" && request.Range is { First: 0 } ? reply with { Body = [.. reply.Body[..^1], (byte)(reply.Body[^1] ^ 1)] } : reply;
        var refused = await _folder.RefusedAsync();
        Assert.Equal(HubProblem.WrongAnswer, refused.Problem);
        Assert.Contains("checksum sha256:", refused.Message, StringComparison.Ordinal);
        Assert.Single(_folder.Visible());
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Models.Path, "acme", "tiny", "partial")));
        _folder.Hub.Fault = null;
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync()).Path));
    }

    [Fact]
    public async Task AWrongChecksumOfASmallFile_IsFoundByItsGitName()
    {
        _folder.Hub.Add(HubFolder.Id).Add("config.json", "{\"a\":1}").Add("model.safetensors", HubFolder.Bytes(10));
        _folder.Hub.Fault = (request, reply) => request.Target.EndsWith("/config.json", StringComparison.Ordinal) ? reply with { Body = Encoding.UTF8.GetBytes("{\"a\":2}") } : reply;
        Assert.Contains("checksum git:", (await _folder.RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Wed, 01 Jan 2025 00:02:00 GMT", 120)]
    public async Task TooManyRequests_ArePausedForAsLongAsTheServerAsks(string after, int seconds)
    {
        var bytes = _folder.AddGguf();
        var refused = 0;
        _folder.Hub.Fault = (request, reply) => Interlocked.Increment(ref refused) <= 3 ? HubReply.Refusal(429).With("Retry-After", after) : reply;
        var result = await _folder.PullAsync(options: _folder.Options with { Time = new ManualTime() });
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(seconds), 3), _folder.Pauses);
    }

    [Fact]
    public async Task AServerThatAsksToWaitForHours_IsNotWaitedFor()
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (_, _) => HubReply.Refusal(429).With("Retry-After", "7200");
        var refused = await _folder.RefusedAsync();
        Assert.Equal(HubProblem.Unavailable, refused.Problem);
        Assert.Contains("7200 s", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Pauses);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    public async Task FailuresOfTheServer_AreTriedAgain_WithLongerAndLongerPauses_AndThenGivenUp(int status)
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (_, _) => HubReply.Refusal(status);
        var refused = await _folder.RefusedAsync();
        Assert.Equal(HubProblem.Unavailable, refused.Problem);
        Assert.Contains(status.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        Assert.Equal([0.5, 1, 2, 4, 8], _folder.Pauses.Select(pause => pause.TotalSeconds));
    }

    [Theory]
    [InlineData(401, "GatedRepo", false, HubProblem.Gated, "/acme/tiny, then set HF_TOKEN")]
    [InlineData(403, "GatedRepo", true, HubProblem.Gated, "has no access yet")]
    [InlineData(401, "RepoNotFound", false, HubProblem.Unauthorized, "set HF_TOKEN")]
    [InlineData(404, "RepoNotFound", true, HubProblem.NotFound, "the token is valid")]
    [InlineData(401, null, true, HubProblem.NotFound, "the token is valid")]
    [InlineData(404, "RevisionNotFound", false, HubProblem.RevisionNotFound, "no such branch")]
    [InlineData(403, null, true, HubProblem.Unauthorized, "the token may not read it")]
    [InlineData(404, null, false, HubProblem.NotFound, "check the name")]
    [InlineData(418, null, false, HubProblem.WrongAnswer, "418")]
    public async Task Refusals_SayWhatToDo_AreNotTriedAgain_AndDoNotShowTheToken(int status, string? code, bool withToken, HubProblem problem, string expected)
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (request, _) => HubReply.Refusal(status, code, $"sorry \u001b[31m{request.Header("authorization")} {new string('x', 5000)}");
        var refused = await _folder.RefusedAsync(options: withToken ? _folder.Options with { Token = Token } : null);
        Assert.Equal(problem, refused.Problem);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', refused.Message);
        Assert.True(refused.Message.Length < 800);
        Assert.Single(_folder.Hub.Requests);
        Assert.Equal(withToken, _folder.Hub.Requests[0].Header("authorization") == $"Bearer {Token}");
    }

    [Fact]
    public async Task AGatedFile_SaysSoToo()
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request.Target.Contains("/resolve/", StringComparison.Ordinal) ? HubReply.Refusal(401, "GatedRepo") : reply;
        Assert.Equal(HubProblem.Gated, (await _folder.RefusedAsync()).Problem);
    }

    [Fact]
    public async Task TheToken_GoesToTheHub_AndToNoOtherHostThatItSendsOnTo()
    {
        _folder.AddGguf();
        await _folder.PullAsync(options: _folder.Options with { Token = Token });
        Assert.All(_folder.Hub.Requests, request => Assert.Equal(request.Host == "hub" ? $"Bearer {Token}" : null, request.Header("authorization")));
        Assert.Contains(_folder.Hub.Requests, request => request.Host == "cdn");
        Assert.DoesNotContain(_folder.Hub.Requests, request => request.Headers.Values.Any(value => request.Host == "cdn" && value.Contains(Token, StringComparison.Ordinal)));
        foreach (var file in Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(Token, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://hub.example", true)]
    [InlineData("http://127.0.0.1:5000", true)]
    [InlineData("http://localhost", true)]
    [InlineData("http://hub.example", false)]
    [InlineData("http://127.0.0.1.hub.example", false)]
    public void TheToken_IsNotSentUnencrypted_ToAnotherMachine(string endpoint, bool sent)
    {
        using var client = new HubClient(_folder.Options with { Token = Token, Endpoint = new Uri(endpoint) });
        Assert.Equal(sent, client.SendsToken);
        using var gated = new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized);
        gated.Headers.Add("X-Error-Code", "GatedRepo");
        Assert.Equal(!sent, client.Errors.For(gated, HubFolder.Id, "x").Message.Contains("would travel unencrypted", StringComparison.Ordinal));
    }

    [Fact]
    public void TheToken_IsNotInTheOptionsText() => Assert.DoesNotContain(Token, (_folder.Options with { Token = Token }).ToString(), StringComparison.Ordinal);

    [Fact]
    public async Task RelativeRedirects_OfARenamedRepository_AreFollowed()
    {
        var bytes = _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request.Target.StartsWith("/api/models/old/name/", StringComparison.Ordinal)
            ? new HubReply(307).With("Location", request.Target.Replace("old/name", "acme/tiny", StringComparison.Ordinal))
            : request.Target.StartsWith("/old/name/", StringComparison.Ordinal)
                ? new HubReply(307).With("Location", request.Target.Replace("old/name", "acme/tiny", StringComparison.Ordinal))
                : reply;
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync("old/name")).Path));
    }

    [Theory]
    [InlineData("/api/models/acme/tiny/revision/main?blobs=true", "redirects")]
    [InlineData("file:///etc/passwd", "'file'")]
    [InlineData("ftp://127.0.0.1/x", "'ftp'")]
    [InlineData(null, "without saying where")]
    public async Task RedirectsThatLeadNowhere_AreNotFollowed(string? location, string expected)
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (_, _) => location is null ? new HubReply(302) : new HubReply(302).With("Location", location);
        var refused = await _folder.RefusedAsync();
        Assert.Equal(HubProblem.WrongAnswer, refused.Problem);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.True(_folder.Hub.Requests.Count <= 9);
    }

    [Theory]
    [InlineData("Content-Length", "900")]
    [InlineData("Content-Length", "4000000000")]
    [InlineData("Content-Range", "bytes 0-999/999999")]
    [InlineData("Content-Range", "bytes 1-1000/10123")]
    [InlineData("Content-Range", "bytes 0-5000/10123")]
    [InlineData("Content-Range", "chairs 0-999/10123")]
    [InlineData("Content-Encoding", "gzip")]
    public async Task AnswersThatLieAboutThemselves_AreRefused(string header, string value)
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" && request.Range is { First: 0 } ? reply.With(header, value) : reply;
        Assert.Equal(HubProblem.WrongAnswer, (await _folder.RefusedAsync()).Problem);
        Assert.Single(_folder.Visible());
    }

    [Theory]
    [InlineData("X-Linked-Size", "5")]
    [InlineData("X-Linked-ETag", "\"0000000000000000000000000000000000000000000000000000000000000000\"")]
    [InlineData("X-Repo-Commit", "0000000000000000000000000000000000000000")]
    public async Task AHubThatContradictsItsListing_IsRefused(string header, string value)
    {
        _folder.AddGguf();
        _folder.Hub.Fault = (request, reply) => request.Target.Contains("/resolve/", StringComparison.Ordinal) ? reply.With(header, value) : reply;
        Assert.Equal(HubProblem.WrongAnswer, (await _folder.RefusedAsync()).Problem);
    }

    [Fact]
    public async Task ABodyLongerThanTheFile_IsReadNoFurther()
    {
        var bytes = _folder.AddGguf(count: 900);
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn"
            ? new HubReply(200) { Body = [.. "2710\r\n"u8, .. bytes, .. new byte[9100], .. "\r\n0\r\n\r\n"u8] }.With("Transfer-Encoding", "chunked")
            : reply;
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync()).Path));
    }

    [Fact]
    public async Task AnExpiredAddress_IsAskedForAnew()
    {
        var bytes = _folder.AddGguf();
        var count = 0;
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" && Interlocked.Increment(ref count) is 3 or 7 ? new HubReply(403) : reply;
        Assert.Equal(bytes, File.ReadAllBytes((await _folder.PullAsync(options: _folder.Options with { Connections = 1 })).Path));
        Assert.Equal(3, _folder.Hub.Requests.Count(request => request.Target.Contains("/resolve/", StringComparison.Ordinal)));
        Assert.Empty(_folder.Pauses);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task AConnectionThatDrips_IsDroppedAfterItsTime_AndMadeAnew(int drip)
    {
        var bytes = _folder.AddGguf(count: 900);
        var time = new ManualTime();
        var never = new TaskCompletionSource();
        var slow = 0;
        _folder.Hub.Fault = (request, reply) => request.Host == "cdn" && Interlocked.Increment(ref slow) == 1
            ? reply with
            {
                CutAfter = drip,
                Hold = async () =>
                {
                    time.Advance(TimeSpan.FromSeconds(61));
                    await never.Task;
                },
            }
            : reply;
        var result = await _folder.PullAsync(options: _folder.Options with { Time = time });
        never.SetResult();
        Assert.Equal(bytes, File.ReadAllBytes(result.Path));
        Assert.Equal(2, slow);
        Assert.Single(_folder.Pauses);
    }

    [Fact]
    public async Task AFullDisk_IsFoundBeforeAnythingIsLoaded()
    {
        _folder.AddGguf();
        var refused = await Assert.ThrowsAsync<IOException>(() => _folder.PullAsync(options: _folder.Options with { FreeBytes = _ => 10_000 }));
        Assert.Contains("KVASIR_MODELS", refused.Message, StringComparison.Ordinal);
        Assert.Single(_folder.Hub.Requests);
    }

    [Fact]
    public async Task NobodyThere_IsSaidAfterSomeAttempts()
    {
        Uri endpoint;
        using (var gone = new LocalHub())
            endpoint = gone.Endpoint;
        var refused = await _folder.RefusedAsync(options: _folder.Options with { Endpoint = endpoint });
        Assert.Equal(HubProblem.Unavailable, refused.Problem);
        Assert.Equal(5, _folder.Pauses.Count);
    }

    [Fact]
    public async Task Offline_NothingIsAsked()
    {
        _folder.AddGguf();
        var offline = _folder.Options with { Offline = true };
        Assert.Equal(HubProblem.Offline, (await _folder.RefusedAsync(options: offline)).Problem);
        await _folder.PullAsync();
        var asked = _folder.Hub.Requests.Count;
        Assert.True(File.Exists((await _folder.PullAsync(options: offline)).Path));
        Assert.Equal(asked, _folder.Hub.Requests.Count);
    }
}

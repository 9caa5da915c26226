using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Server;

/// <summary>What only a real process shows.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Sigterm_LetsAStreamEnd_AndTheProcessWithIt()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = new HttpClient { BaseAddress = server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = Json("""{"prompt":"The raven","max_tokens":100,"stream":true,"ignore_eos":true}"""),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        server.Terminate();
        Assert.EndsWith("data: [DONE]\n\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await server.WaitAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","response_format":{"type":"regex","regex":"[a-z]{4}[0-9]{3}"}""")]
    public async Task AReceiptOfTheServer_IsReplayedByTheCommandLine_WithTheSameBits(string form)
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = new HttpClient { BaseAddress = server.Address };
        var body = $$"""{"messages":[{"role":"user","content":"Who is Odin?"}],"max_tokens":8,"seed":3,"kvasir.receipt":true{{form}}}""";
        using (await client.PostAsync("/v1/chat/completions", Json(body)))
        {
            // The second answer reuses the first one's prompt, which the replay does not.
        }

        using var response = await client.PostAsync("/v1/chat/completions", Json(body));
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var report = answer.RootElement.GetProperty("kvasir");
        Assert.True(report.GetProperty("reused_tokens").GetInt32() > 0);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, report.GetProperty("receipts")[0].GetRawText());
            using var replay = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "kvasir.dll"), "replay", file]) { RedirectStandardOutput = true })!;
            var output = await replay.StandardOutput.ReadToEndAsync();
            await replay.WaitForExitAsync();
            Assert.Equal(0, replay.ExitCode);
            Assert.StartsWith("same bits", output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task ASettingThatIsWrong_EndsTheProcess_WithItsName()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync("--set", "limits.maxBodies=3"));
        Assert.Contains("did you mean 'limits.maxBody'?", error.Message, StringComparison.Ordinal);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}

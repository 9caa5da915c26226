using System.Diagnostics;
using System.Text.Json;
using Kvasir.Serving.Tests.Support;

namespace Kvasir.Serving.Tests.Clients;

/// <summary>The official JavaScript client and curl against the real process.</summary>
public sealed class OtherClientTests(SharedProcess shared) : IClassFixture<SharedProcess>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [ProgramFact("node", "npm")]
    public async Task TheJavaScriptClient_ChatsStreamsCallsAndFails_AsItShould()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "node-client");
        Directory.CreateDirectory(folder);
        foreach (var file in (string[])["package.json", "client.mjs"])
            File.Copy(Path.Combine(Source, file), Path.Combine(folder, file), overwrite: true);
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "openai")))
            await RunAsync("npm", folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock");
        using var result = JsonDocument.Parse(await RunAsync("node", folder, "client.mjs", shared.V1.ToString()));
        var seen = result.RootElement;
        Assert.NotEmpty(seen.GetProperty("whole").GetString()!);
        Assert.Equal(seen.GetProperty("whole").GetString(), seen.GetProperty("streamed").GetString());
        Assert.True(seen.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32() > 0);
        Assert.Contains(Assert.Single(seen.GetProperty("calls").EnumerateArray()).GetProperty("unit").GetString(), new[] { "C", "F" });
        Assert.Equal(seen.GetProperty("response").GetString(), seen.GetProperty("responseText").GetString());
        Assert.NotEmpty(seen.GetProperty("completion").GetString()!);
        Assert.Equal("kvasir-mini", seen.GetProperty("models")[0].GetString());
        Assert.Equal("""{"status":400,"param":"temperature","type":"BadRequestError"}""", seen.GetProperty("error").GetRawText());
    }

    [ProgramFact("curl")]
    public async Task Curl_StreamsEvents()
    {
        var output = await RunAsync(
            "curl", AppContext.BaseDirectory, "-sSN", $"{shared.V1}/chat/completions", "-H", "Content-Type: application/json", "-d",
            """{"messages":[{"role":"user","content":"Who is Heimdall?"}],"max_tokens":4,"stream":true}""");
        var events = output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, item => Assert.StartsWith("data: ", item, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1].Trim());
        using var first = JsonDocument.Parse(events[0]["data: ".Length..]);
        Assert.Equal("assistant", first.RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
    }

    private static string Source => Path.Combine(Path.GetDirectoryName(TestModel.Fixture())!, "Kvasir.Serving.Tests", "Clients", "node");

    private static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{await error}");
        return await output;
    }
}

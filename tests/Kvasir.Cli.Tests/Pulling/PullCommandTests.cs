using Kvasir.Tests.Shared.Hub;

namespace Kvasir.Cli.Tests.Pulling;

/// <summary>From a hub to an answer and away again, as a user types it.</summary>
public sealed class PullCommandTests(HubEnvironmentFixture environment, TestModel model) : IClassFixture<HubEnvironmentFixture>, IClassFixture<TestModel>
{
    private const int WeightBytes = 50_000;

    [Fact]
    public async Task APulledModel_IsListed_RunsByItsName_AndIsRemoved()
    {
        var hub = environment.Hub.Add("acme/tiny");
        foreach (var file in Directory.GetFiles(model.Path))
            hub.Add(Path.GetFileName(file), File.ReadAllBytes(file), large: file.EndsWith(".safetensors", StringComparison.Ordinal));

        var before = await Cli.RunAsync(["run", "--model", "acme/tiny", "hi"]);
        Assert.Equal(ExitCode.Failure, before.Code);
        Assert.Contains("'kvasir pull acme/tiny'", before.Error, StringComparison.Ordinal);
        Assert.Single(before.Error.TrimEnd().Split('\n'));

        var pulled = await Cli.RunAsync(["pull", "acme/tiny", "--json"]);
        Assert.True(pulled.Code == ExitCode.Success, pulled.Error);
        Assert.Equal(["name", "revision", "commit", "path", "files", "bytes", "loadedBytes"], pulled.Fields);
        Assert.Contains("config.json: ", pulled.Error, StringComparison.Ordinal);
        var path = pulled.Json.GetProperty("path").GetString()!;
        Assert.StartsWith(environment.Models, path, StringComparison.Ordinal);

        var listed = await Cli.RunAsync(["list", "--json"]);
        var entry = Assert.Single(listed.Json.GetProperty("models").EnumerateArray(), entry => entry.GetProperty("name").GetString() == "acme/tiny");
        Assert.Equal(("safetensors", true, path), (entry.GetProperty("type").GetString(), entry.GetProperty("complete").GetBoolean(), entry.GetProperty("path").GetString()));
        Assert.Contains("acme/tiny", (await Cli.RunAsync(["list"])).Output, StringComparison.Ordinal);

        var byName = await Cli.RunAsync(["run", "--model", "acme/tiny", "--raw", "--max-tokens", "5", "hi"]);
        var byPath = await Cli.RunAsync(["run", "--model", model.Path, "--raw", "--max-tokens", "5", "hi"]);
        Assert.Equal((ExitCode.Success, byPath.Output), (byName.Code, byName.Output));
        Assert.Equal(path, (await Cli.RunAsync(["model", "info", "acme/tiny@main", "--json"])).Json.GetProperty("path").GetString());
        var doctor = await Cli.RunAsync(["doctor", "--model", "acme/tiny", "--json"]);
        Assert.Contains(doctor.Json.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("check").GetString() == "model" && finding.GetProperty("found").GetString()!.StartsWith(path, StringComparison.Ordinal));

        var unsure = await Cli.RunAsync(["rm", "acme/tiny"], input: "n\n");
        Assert.Equal(ExitCode.Failure, unsure.Code);
        Assert.True(Directory.Exists(path));
        var removed = await Cli.RunAsync(["rm", "acme/tiny", "--json"], input: "y\n");
        Assert.Equal(["removed", "freedBytes"], removed.Fields);
        Assert.Equal(pulled.Json.GetProperty("bytes").GetInt64(), removed.Json.GetProperty("freedBytes").GetInt64());
        Assert.False(Directory.Exists(path));
        Assert.Equal(ExitCode.Failure, (await Cli.RunAsync(["rm", "acme/tiny", "--yes"])).Code);
    }

    [Fact]
    public async Task TheModelsFolder_IsNoSettingOfTheServer()
    {
        var printed = await Cli.RunAsync(["serve", "--model", model.Path, "--print-config"]);
        Assert.True(printed.Code == ExitCode.Success, printed.Error);
        Assert.DoesNotContain(environment.Models, printed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlC_KeepsWhatWasLoaded_AndTheSameCommandGoesOn()
    {
        var bytes = new byte[WeightBytes];
        new Random(1).NextBytes(bytes);
        environment.Hub.Add("acme/interrupted").Add("x-Q8_0.gguf", bytes);
        using var interruption = new Interruption();
        using var error = new StringWriter();
        using var output = new StringWriter();
        var stopped = new TaskCompletionSource();
        environment.Hub.Fault = (request, reply) => request.Host == "cdn" && request.Range is { First: 0 }
            ? reply with { CutAfter = 20_000, Hold = () => stopped.Task }
            : reply;
        using var seen = new WriterThatSees(error, "%", () => interruption.Interrupt(), skip: 1);
        var code = await new CommandLine(TextReader.Null, output, seen, interruption).RunAsync(["pull", "acme/interrupted"]);
        stopped.SetResult();
        environment.Hub.Fault = null;
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Contains("'kvasir pull acme/interrupted' goes on", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("not loaded to its end", (await Cli.RunAsync(["model", "info", "acme/interrupted"])).Error, StringComparison.Ordinal);
        var again = await Cli.RunAsync(["pull", "acme/interrupted:Q8_0", "--json"]);
        Assert.InRange(again.Json.GetProperty("loadedBytes").GetInt64(), WeightBytes - 20_000, WeightBytes - 1);
        Assert.Equal(bytes, File.ReadAllBytes(again.Json.GetProperty("path").GetString()!));
        var listed = (await Cli.RunAsync(["list", "--json"])).Json.GetProperty("models").EnumerateArray();
        Assert.Equal("Q8_0", Assert.Single(listed, entry => entry.GetProperty("name").GetString() == "acme/interrupted:Q8_0").GetProperty("quantization").GetString());
    }

    [Fact]
    public async Task AGatedModel_SaysWhatToDo_InOneLine()
    {
        environment.Hub.Add("acme/gated").Add("x.gguf", [1]);
        var fault = environment.Hub.Fault;
        environment.Hub.Fault = (request, reply) => request.Target.Contains("acme/gated", StringComparison.Ordinal) ? HubReply.Refusal(401, "GatedRepo", "restricted") : reply;
        var refused = await Cli.RunAsync(["pull", "acme/gated"]);
        environment.Hub.Fault = fault;
        Assert.Equal((ExitCode.Failure, ""), (refused.Code, refused.Output));
        Assert.Equal($"kvasir: acme/gated is gated; accept its licence at {environment.Hub.Endpoint}acme/gated, then set HF_TOKEN to a token from {environment.Hub.Endpoint}settings/tokens", refused.Error.TrimEnd());
    }

    [Theory]
    [InlineData("pull tiny", "write OWNER/NAME", ExitCode.Failure)]
    [InlineData("pull acme/tiny --connections 0", "--connections is 0", ExitCode.Usage)]
    [InlineData("pull", "pull --help", ExitCode.Usage)]
    [InlineData("rm ../x --yes", "write OWNER/NAME", ExitCode.Failure)]
    [InlineData("model info nobody/nothing:Q4_K_M", "kvasir pull nobody/nothing:Q4_K_M", ExitCode.Failure)]
    public async Task WrongUse_IsOneLineThatTeaches(string arguments, string expected, int code)
    {
        var result = await Cli.RunAsync(arguments.Split(' '));
        Assert.Equal(code, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}

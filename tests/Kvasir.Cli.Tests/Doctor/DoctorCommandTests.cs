using System.Net;
using System.Net.Sockets;

namespace Kvasir.Cli.Tests.Doctor;

public sealed class DoctorCommandTests(TestModel model) : IClassFixture<TestModel>
{
    [Fact]
    public async Task Doctor_WithoutProblems_Exits0_AndPrintsThePromisedObject()
    {
        string[] arguments = ["doctor", "--model", model.Path, "--listen", "http://127.0.0.1:0", "--kv-budget", "1MiB"];
        var result = await Cli.RunAsync([.. arguments, "--json"]);
        Assert.Equal("", result.Error);
        Assert.Equal(["problems", "warnings", "findings"], result.Fields);
        Assert.Equal(0, result.Json.GetProperty("problems").GetInt32());
        Assert.Equal(ExitCode.Success, result.Code);
        var findings = result.Json.GetProperty("findings").EnumerateArray().ToArray();
        Assert.All(findings, finding => Assert.Equal(["area", "check", "level", "found", "advice"], finding.EnumerateObject().Select(field => field.Name)));
        Assert.Equal(["machine", "files", "network", "gpu"], findings.Select(finding => finding.GetProperty("area").GetString()).Distinct());

        var shown = await Cli.RunAsync(arguments);
        Assert.Contains("0 problems", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_WithAProblem_Exits1_AndSaysWhatToDo()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var result = await Cli.RunAsync(["doctor", "--model", model.Path, "--listen", address]);
        listener.Stop();
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Contains("PROBLEM  listen", result.Output, StringComparison.Ordinal);
        Assert.Contains("→ end that program", result.Output, StringComparison.Ordinal);
        Assert.Contains("1 problem,", result.Output, StringComparison.Ordinal);
    }
}

using Kvasir.Cli.Output;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Tests;

public sealed class ErrorTests(TestModel model) : IClassFixture<TestModel>
{
    [Theory]
    [InlineData("nonsense", "no command or option 'nonsense'")]
    [InlineData("run --kv-budget 3x hi", "512MiB")]
    [InlineData("run --kv-type q7 hi", "bf16")]
    [InlineData("run --retention best hi", "cost-aware")]
    [InlineData("bench retention --trace best", "conversation")]
    [InlineData("run --threads 0 hi", "--threads is 0")]
    [InlineData("bench scbench --policies snapkv+kivi3", "policy+kivi4")]
    [InlineData("fuzz --sabotage nothing", "split-k")]
    [InlineData("fuzz --minutes 0", "--minutes is 0")]
    [InlineData("model", "model --help")]
    public async Task WrongUsage_IsOneLineThatTeaches_AndExitCode2(string arguments, string expected)
    {
        var result = await Cli.RunAsync(arguments.Split(' '));
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Equal("", result.Output);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Failures_AreOneLineWithoutAStackTrace()
    {
        string[][] commands =
        [
            ["run", "--model", Path.Combine(model.Folder, "missing.gguf"), "hi"],
            ["run", "--model", model.Write("noise.gguf", "this is no model at all"), "hi"],
            ["run", "--model", model.Path, "--max-context", "8", "a prompt that is longer than eight tokens"],
            ["run", "--model", model.Path, "--max-context", "100000", "hi"],
            ["run", "--model", model.Path, "--temperature", "-1", "hi"],
            ["run", "--model", model.Path],
            ["run", "--model", model.Path, "hi", "--prompt-file", "x"],
            ["replay", model.Write("no-receipt.json", "{}"), "--model", model.Path],
            ["demo", "--file", model.Write("empty.txt", " "), "--question", "x", "--model", model.Path],
            ["demo", "--file", model.Write("some.txt", "some text")],
            ["model", "verify", model.Folder],
            ["bench", "speed", "--model", model.Path, "--prompt-tokens", "1000000"],
        ];
        foreach (var command in commands)
        {
            var result = await Cli.RunAsync(command);
            Assert.True(result.Code == ExitCode.Failure, string.Join(' ', command) + ": " + result.Code);
            Assert.StartsWith("kvasir: ", result.Error, StringComparison.Ordinal);
            Assert.Single(result.Error.TrimEnd().Split('\n'));
            Assert.DoesNotContain("(Parameter", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("unexpected", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task PromptOverTheContext_NamesBothNumbers()
    {
        var result = await Cli.RunAsync(["run", "--model", model.Path, "--raw", "--max-context", "8", new string('x', 50)]);
        Assert.Matches("prompt of [0-9]+ tokens exceeds the context of 8", result.Error);
    }

    [Fact]
    public void Cancellation_EndsWith130()
    {
        using var error = new StringWriter();
        Assert.Equal(ExitCode.Interrupted, ErrorReport.Write(new OperationCanceledException(), error));
        Assert.Equal(ExitCode.Failure, ErrorReport.Write(new EngineOverloadedException(7), error));
        Assert.Contains("7 waiting", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void CtrlC_EndsTheAnswerFirst_ThenTheProgram_ThenByForce()
    {
        using var interruption = new Interruption();
        using (var answer = interruption.Enter())
        {
            Assert.True(interruption.Interrupt());
            Assert.True(answer.Token.IsCancellationRequested);
            Assert.False(interruption.Token.IsCancellationRequested);
        }

        interruption.Idle = true;
        Assert.False(interruption.Interrupt());
        interruption.Idle = false;
        Assert.True(interruption.Interrupt());
        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.False(interruption.Interrupt());
    }

    [Theory]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("2g", 2L << 30)]
    [InlineData("1.5 KiB", 1536)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("4096", 4096)]
    public void Sizes_AreReadAsPeopleWriteThem(string text, long bytes)
    {
        Assert.True(Units.TryParseSize(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1KiB")]
    [InlineData("0")]
    [InlineData("1e30")]
    [InlineData("99999999999TiB")]
    [InlineData("NaN")]
    public void Sizes_ThatAreNone_AreRefused(string text) => Assert.False(Units.TryParseSize(text, out _));
}

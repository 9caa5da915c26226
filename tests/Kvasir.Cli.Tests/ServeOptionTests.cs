namespace Kvasir.Cli.Tests;

/// <summary>Flags of <c>kvasir serve</c> are settings.</summary>
public sealed class ServeOptionTests
{
    [Fact]
    public async Task FlagsOfReuse_AreSettings()
    {
        var result = await Cli.RunAsync(
            ["serve", "--model", "m.gguf", "--reuse", "kvshare:0.2", "--find-fragments", "--chunk-share", "0.25", "--audit-rate", "0.05", "--scheduling", "cache-aware", "--print-config"]);
        Assert.Equal("", result.Error);
        var (reuse, engine) = (result.Json.GetProperty("reuse"), result.Json.GetProperty("engine"));
        Assert.Equal(("kvshare:0.2", true), (reuse.GetProperty("policy").GetString(), reuse.GetProperty("findFragments").GetBoolean()));
        Assert.Equal((0.25, 0.05), (engine.GetProperty("chunkShare").GetDouble(), engine.GetProperty("audit").GetProperty("rate").GetDouble()));
        Assert.Equal("cache-aware", engine.GetProperty("scheduling").GetString());
    }

    [Fact]
    public async Task WithoutThem_NothingIsReusedApproximately()
    {
        var result = await Cli.RunAsync(["serve", "--model", "m.gguf", "--print-config"]);
        Assert.Equal("off", result.Json.GetProperty("reuse").GetProperty("policy").GetString());
        Assert.Equal(0, result.Json.GetProperty("engine").GetProperty("audit").GetProperty("rate").GetDouble());
    }

    [Theory]
    [InlineData("--reuse", "magic", "reuse.policy: blend policy 'magic': blend policy 'magic' is unknown")]
    [InlineData("--audit-rate", "much", "engine.audit.rate is 'much'; expected a number from 0 to 1")]
    [InlineData("--chunk-share", "1.5", "engine.chunkShare is '1.5'; expected a number from 0 to 1")]
    [InlineData("--scheduling", "random", "engine.scheduling is 'random'; expected one of first-come, cache-aware")]
    public async Task WhatIsWrong_IsSaidByName(string flag, string value, string expected)
    {
        var result = await Cli.RunAsync(["serve", "--model", "m.gguf", "--listen", "http://127.0.0.1:0", flag, value]);
        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReuseWithContiguousKv_IsRefused_WithWhatToDo()
    {
        var result = await Cli.RunAsync(["serve", "--model", "m.gguf", "--listen", "http://127.0.0.1:0", "--reuse", "cacheblend:0.15", "--kv-memory", "contiguous-shared"]);
        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.Contains("set it to paged, or reuse.policy to off", result.Error, StringComparison.Ordinal);
    }
}

namespace Kvasir.Cli.Tests.Caches;

/// <summary><c>kvasir cache …</c> with the bundled model: prefill once, find it, verify it, ship it.</summary>
public sealed class CacheModelTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("kvasir-cli-warm-").FullName;

    private string Here => Path.Combine(_root, "here");

    private string Text => Path.Combine(_root, "text.txt");

    public CacheModelTests() =>
        File.WriteAllText(Text, string.Join(' ', Enumerable.Range(0, 400).Select(i => $"The code of gate {i} is {i * 7919 % 10007}.")));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task WarmedText_IsFoundVerifiedAndReused()
    {
        var warm = await RunAsync("warm", Text, "--cache", Here, "--max-context", "1024", "--json");
        Assert.True(warm.Code == 0, warm.Error);
        var file = Assert.Single(warm.Json.GetProperty("files").EnumerateArray());
        Assert.Equal((0, 768), (file.GetProperty("reused").GetInt32(), file.GetProperty("cached").GetInt32()));

        var lookup = await RunAsync("lookup", "-f", Text, "--cache", Here, "--max-context", "1024", "--json");
        Assert.Equal(768, lookup.Json.GetProperty("found").GetInt32());

        var verified = await RunAsync("verify", "--cache", Here, "--max-context", "1024", "--json");
        Assert.Equal((0, 3, 0), (verified.Code, verified.Json.GetProperty("true").GetInt32(), verified.Json.GetProperty("false").GetArrayLength()));

        var again = await RunAsync("warm", Text, "--cache", Here, "--max-context", "1024", "--json");
        Assert.Equal(768, Assert.Single(again.Json.GetProperty("files").EnumerateArray()).GetProperty("reused").GetInt32());
    }

    [Fact]
    public async Task DamagedObject_IsFoundByVerify_AndRemoved()
    {
        await RunAsync("warm", Text, "--cache", Here, "--max-context", "1024");
        var path = Directory.EnumerateFiles(Here, "*.kv", SearchOption.AllDirectories).First();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length - 100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        var verified = await RunAsync("verify", "--cache", Here, "--max-context", "1024", "--json");
        Assert.Equal(1, verified.Code);
        Assert.Equal(1, verified.Json.GetProperty("false").GetArrayLength());
    }

    [Fact]
    public async Task ArchiveOfAnUnknownSigner_IsServedOnlyAfterItWasVerified()
    {
        var archive = Path.Combine(_root, "text.kvar");
        var there = Path.Combine(_root, "there");
        await RunAsync("warm", Text, "--cache", Here, "--max-context", "1024");
        await RunAsync("export", archive, "--cache", Here);
        Assert.Equal(1, (await RunAsync("import", archive, "--create", "--cache", there)).Code);
        Assert.Equal(0, (await RunAsync("import", archive, "--create", "--quarantine", "--cache", there)).Code);
        Assert.Equal(0, (await RunAsync("lookup", "-f", Text, "--cache", there, "--max-context", "1024", "--json")).Json.GetProperty("found").GetInt32());
        var verified = await RunAsync("verify", "--promote", "--cache", there, "--max-context", "1024", "--json");
        Assert.Equal(3, Assert.Single(verified.Json.GetProperty("quarantine").EnumerateArray()).GetProperty("promoted").GetInt32());
        Assert.Equal(768, (await RunAsync("lookup", "-f", Text, "--cache", there, "--max-context", "1024", "--json")).Json.GetProperty("found").GetInt32());
    }

    [Fact]
    public async Task AdviseWithoutAServer_SaysSo()
    {
        var result = await RunAsync("advise", "--server", "http://127.0.0.1:1");
        Assert.NotEqual(0, result.Code);
        Assert.Contains("http://127.0.0.1:1", result.Error, StringComparison.Ordinal);
    }

    private static Task<CliResult> RunAsync(params string[] arguments) => Cli.RunAsync(["cache", .. arguments]);
}

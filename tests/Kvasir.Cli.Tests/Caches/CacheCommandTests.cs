using Kvasir.Cli.Caches;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tests.Tiers.Disk;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics.Attention;

namespace Kvasir.Cli.Tests.Caches;

/// <summary><c>kvasir cache …</c> over caches that were made without a model.</summary>
public sealed class CacheCommandTests : IDisposable
{
    private static readonly ChunkGeometry Geometry = new(new KvLayout(2, 1, 2, KvDataType.F32, 16), 1);
    private readonly string _root = Directory.CreateTempSubdirectory("kvasir-cli-cache-").FullName;

    private string Here => Path.Combine(_root, "here");

    private string There => Path.Combine(_root, "there");

    private string Archive => Path.Combine(_root, "cache.kvar");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Ls_ListsObjects_AlsoBesideARunningServer()
    {
        using var server = Open(Here, Model('a'));
        Fill(server);
        var result = await RunAsync("ls", "--cache", Here, "--json");
        Assert.Equal(["cache", "stores"], result.Fields);
        var objects = Assert.Single(result.Json.GetProperty("stores").EnumerateArray()).GetProperty("objects").EnumerateArray().ToArray();
        Assert.Equal([0, 16, 32], objects.Select(item => item.GetProperty("firstToken").GetInt32()));
        Assert.Equal(Key(0), objects[0].GetProperty("key").GetString());
        result = await RunAsync("ls", "--cache", Here, "--tenant", "bob");
        Assert.Contains(Key(2)[..16], result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Key(0)[..16], result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_SumsUpStoresAndTenants()
    {
        Make(Here, 'a');
        Make(Here, 'b');
        var stores = (await RunAsync("stats", "--cache", Here, "--json")).Json.GetProperty("stores").EnumerateArray().ToArray();
        Assert.Equal(2, stores.Length);
        Assert.Equal((3, 48), (stores[0].GetProperty("objects").GetInt32(), stores[0].GetProperty("tokens").GetInt32()));
        Assert.Equal(["alice", "bob"], stores[0].GetProperty("tenants").EnumerateObject().Select(tenant => tenant.Name));
        Assert.Contains("2x1x2 F32", (await RunAsync("stats", "--cache", Here)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pin_KeepsAnObjectAndWhatItRestsOn_AndUnpinLetsThemGo()
    {
        Make(Here, 'a');
        var result = await RunAsync("pin", Key(1)[..8], "--cache", Here, "--json");
        Assert.Equal([Key(1), Key(0)], result.Json.GetProperty("pinned").EnumerateArray().Select(key => key.GetString()));
        Assert.Equal(2, (await StatsAsync(Here)).GetProperty("pinned").GetInt32());
        await RunAsync("clear", "--all", "--cache", Here);
        Assert.Equal(2, (await StatsAsync(Here)).GetProperty("objects").GetInt32());
        Assert.Equal(2, (await RunAsync("unpin", Key(1), "--cache", Here, "--json")).Json.GetProperty("unpinned").GetArrayLength());
        var again = await Cli.RunAsync(["cache", "unpin", Key(1), "--cache", Here]);
        Assert.Equal(ExitCode.Failure, again.Code);
        Assert.Contains("is not pinned", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clear_DeletesWhatIsMeant()
    {
        Make(Here, 'a');
        await FailAsync("say what to delete", "clear", "--cache", Here);
        await FailAsync("write a time", "clear", "--unused-for", "soon", "--cache", Here);
        Assert.Equal(0, (await RunAsync("clear", "--unused-for", "1h", "--cache", Here, "--json")).Json.GetProperty("removed").GetInt32());
        Assert.Equal(1, (await RunAsync("clear", "--tenant", "bob", "--cache", Here, "--json")).Json.GetProperty("removed").GetInt32());
        Assert.Equal(1, (await RunAsync("clear", Key(1), "--cache", Here, "--json")).Json.GetProperty("removed").GetInt32());
        Assert.Equal(1, (await StatsAsync(Here)).GetProperty("objects").GetInt32());
    }

    [Fact]
    public async Task WhatIsExported_IsImportedElsewhere_OnceItsSignerIsTrusted()
    {
        Make(Here, 'a');
        Open(There, Model('a')).Dispose();
        var passphrase = Path.Combine(_root, "secret.txt");
        File.WriteAllText(passphrase, "correct horse\n");
        var signer = (await RunAsync("export", Archive, Key(1), "--passphrase-file", passphrase, "--cache", Here, "--json")).Json;
        Assert.Equal((2, true), (signer.GetProperty("objects").GetInt32(), signer.GetProperty("sealed").GetBoolean()));
        var fingerprint = signer.GetProperty("signer").GetString()!;
        Assert.Equal(fingerprint, (await RunAsync("trust", "show", "--cache", Here)).Output.Trim());

        await FailAsync($"cache trust add {fingerprint}", "import", Archive, "--passphrase-file", passphrase, "--cache", There);
        Assert.True((await RunAsync("trust", "add", fingerprint, "--name", "builder", "--cache", There, "--json")).Json.GetProperty("added").GetBoolean());
        Assert.Equal($"{fingerprint} builder", (await RunAsync("trust", "list", "--cache", There)).Output.Trim());
        await FailAsync("give its passphrase", "import", Archive, "--cache", There);
        var imported = (await RunAsync("import", Archive, "--passphrase-file", passphrase, "--cache", There, "--json")).Json;
        Assert.Equal((2, 0), (imported.GetProperty("stored").GetInt32(), imported.GetProperty("present").GetInt32()));
        Assert.Equal(2, (await StatsAsync(There)).GetProperty("objects").GetInt32());
    }

    [Fact]
    public async Task AnUnknownSignersObjects_CanBeQuarantined()
    {
        Make(Here, 'a');
        Open(There, Model('a')).Dispose();
        await RunAsync("export", Archive, "--cache", Here);
        var imported = (await RunAsync("import", Archive, "--quarantine", "--cache", There, "--json")).Json;
        Assert.Equal((true, 3), (imported.GetProperty("quarantined").GetBoolean(), imported.GetProperty("stored").GetInt32()));
        var stats = await StatsAsync(There);
        Assert.Equal((0, 1), (stats.GetProperty("objects").GetInt32(), stats.GetProperty("quarantined").GetInt32()));
    }

    [Fact]
    public async Task AnArchiveThatDoesNotFit_IsRefusedWithTheReason()
    {
        Make(Here, 'a');
        await RunAsync("export", Archive, "--cache", Here);
        await FailAsync("there is no cache", "import", Archive, "--cache", There);
        Open(There, Model('b')).Dispose();
        await FailAsync("another model", "import", Archive, "--cache", There);
        Open(There, Model('b') with { NumericsProfile = "other" }).Dispose();
        await FailAsync("none of the 2 stores fits", "import", Archive, "--cache", There);
        var fingerprint = (await RunAsync("trust", "show", "--cache", Here)).Output.Trim();
        await RunAsync("trust", "add", fingerprint, "--cache", There);
        Assert.Equal(3, (await RunAsync("import", Archive, "--create", "--cache", There, "--json")).Json.GetProperty("stored").GetInt32());
        var bytes = File.ReadAllBytes(Archive);
        bytes[100] ^= 1;
        File.WriteAllBytes(Archive, bytes);
        await RunAsync("clear", "--all", "--cache", There);
        await FailAsync("is damaged", "import", Archive, "--cache", There);
    }

    [Fact]
    public async Task ErrorsSayWhatToDo()
    {
        await FailAsync("name another with --cache", "ls", "--cache", Path.Combine(_root, "nowhere"));
        Make(Here, 'a');
        await FailAsync("there is no store 'x'", "ls", "--store", "x", "--cache", Here);
        await FailAsync("no object's key begins with", "pin", "0123456789", "--cache", Here);
        await FailAsync("is no key", "pin", "xyz", "--cache", Here);
        await FailAsync("it is no archive", "import", Path.Combine(Here, "keys", "master.key"), "--cache", Here);
        Make(Here, 'b');
        await FailAsync("choose one with --store", "export", Archive, "--cache", Here);
        await FailAsync("more digits, or --store", "pin", Key(0), "--cache", Here);
        using var server = Open(Here, Model('a'));
        await FailAsync("is in use by process", "clear", "--all", "--cache", Here);
    }

    [Fact]
    public void TheDefaultCache_FollowsTheUsersSettings()
    {
        var expected = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set && Path.IsPathRooted(set)
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        Assert.Equal(Path.Combine(expected, "kvasir", "kv"), CacheLocation.Default);
    }

    private static string Key(int seed) => TestChunk.KeyOf(seed).ToString();

    private static StoreIdentity Model(char digit) => new(new string(digit, 2 * BlockKey.Size), "cpu/1", Geometry);

    private static DiskTier Open(string cache, StoreIdentity identity)
    {
        var folder = new CacheFolder(cache);
        return folder.OpenToWrite(folder.StoreFor(identity));
    }

    private static void Make(string cache, char model)
    {
        using var tier = Open(cache, Model(model));
        Fill(tier);
    }

    /// <summary>Two chunks of a prompt of alice, and one of bob.</summary>
    private static void Fill(DiskTier tier)
    {
        using var first = new TestChunk(Geometry, 0, blocks: 1);
        using var second = new TestChunk(Geometry, 1, blocks: 1, first: 16, parent: first.Descriptor.Key);
        using var other = new TestChunk(Geometry, 2, blocks: 1, tenant: "bob", first: 32);
        Assert.All([first, second, other], chunk => Assert.Equal(StoreResult.Stored, chunk.StoreIn(tier)));
    }

    private static async Task<System.Text.Json.JsonElement> StatsAsync(string cache) =>
        Assert.Single((await RunAsync("stats", "--cache", cache, "--json")).Json.GetProperty("stores").EnumerateArray());

    private static async Task<CliResult> RunAsync(params string[] arguments)
    {
        var result = await Cli.RunAsync(["cache", .. arguments]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        return result;
    }

    private static async Task FailAsync(string reason, params string[] arguments)
    {
        var result = await Cli.RunAsync(["cache", .. arguments]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}

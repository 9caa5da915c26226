using System.Net;
using System.Net.Sockets;
using Kvasir.Cli.Doctor;
using Kvasir.Cli.Doctor.Machine;
using Kvasir.Cli.Doctor.Network;

namespace Kvasir.Cli.Tests.Doctor;

public sealed class NetworkCheckTests : IDisposable
{
    private readonly FakeMachine _machine = new();

    [Fact]
    public async Task Listen_OnAPortThatIsHeld_NamesTheProgramThatHoldsIt()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        _machine.Facts = _machine.Facts with { Files = new SystemFiles("/") };
        var held = await _machine.FindingAsync(new ListenCheck(), Listen(address));
        Assert.Equal(FindingLevel.Problem, held.Level);
        Assert.Contains("in use", held.Found, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
            Assert.Contains($"(process {Environment.ProcessId})", held.Found, StringComparison.Ordinal);

        listener.Stop();
        Assert.Equal(FindingLevel.Ok, (await _machine.FindingAsync(new ListenCheck(), Listen(address))).Level);
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("ftp://127.0.0.1:80")]
    [InlineData("http://127.0.0.1:80800")]
    [InlineData("http://203.0.113.7:8080")]
    public async Task Listen_OnWhatIsNoAddressHere_IsAProblem(string address) =>
        Assert.Contains(await _machine.LookAsync(new ListenCheck(), Listen(address)), finding => finding.Level == FindingLevel.Problem);

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    public async Task Listen_OnEveryAddress_IsNoted(string address)
    {
        var findings = await _machine.LookAsync(new ListenCheck(), Listen(address));
        Assert.Equal([FindingLevel.Ok, FindingLevel.Note], findings.Select(finding => finding.Level));
    }

    [Fact]
    public async Task Redis_NotConfigured_IsNotUsed()
    {
        var finding = await _machine.FindingAsync(new RedisCheck());
        Assert.Equal((FindingLevel.Ok, "not used"), (finding.Level, finding.Found));
    }

    [Theory]
    [InlineData("7.2.4", 1L << 30, "allkeys-lru", nameof(FindingLevel.Ok))]
    [InlineData("7.2.4", 1L << 30, "noeviction", nameof(FindingLevel.Warning))]
    [InlineData("7.2.4", 0, "noeviction", nameof(FindingLevel.Note))]
    [InlineData("5.0.14", 1L << 30, "allkeys-lru", nameof(FindingLevel.Warning))]
    public async Task Redis_IsJudgedByVersionAndPolicy(string version, long maxMemory, string policy, string level)
    {
        await using var redis = FakeRedis.Create(null, version, maxMemory, policy);
        var finding = await Redis($"127.0.0.1:{redis.Port}");
        Assert.Equal(level, finding.Level.ToString());
        Assert.Contains($"version {version}", finding.Found, StringComparison.Ordinal);
        Assert.Contains($"policy {policy}", finding.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_WithAPassword_WantsTheRightOne_AndNeverShowsIt()
    {
        await using var redis = FakeRedis.Create("geheim!", "7.2.4", 1 << 20, "allkeys-lru");
        Assert.Contains("give the password", (await Redis($"127.0.0.1:{redis.Port}")).Advice, StringComparison.Ordinal);
        var wrong = await Redis($"redis://:falsch@127.0.0.1:{redis.Port}");
        Assert.Contains("correct the password", wrong.Advice, StringComparison.Ordinal);
        Assert.DoesNotContain("falsch", wrong.ToString(), StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Ok, (await Redis($"redis://:geheim%21@127.0.0.1:{redis.Port}")).Level);
        Assert.Equal(FindingLevel.Ok, (await Redis($"redis://default:geheim!@127.0.0.1:{redis.Port}/0")).Level);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "not Redis's protocol")]
    [InlineData("$99999999999\r\n", "not Redis's protocol")]
    [InlineData("$100\r\nshort", "closed the connection")]
    [InlineData("", "closed the connection")]
    public async Task Redis_ThatIsNone_IsAProblem(string answer, string expected)
    {
        await using var redis = new FakeRedis(_ => answer);
        var finding = await Redis($"127.0.0.1:{redis.Port}");
        Assert.Equal(FindingLevel.Problem, finding.Level);
        Assert.Contains(expected, finding.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_ThatIsNotThere_IsAProblem_WithoutItsPassword()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var finding = await Redis($"redis://:geheim@127.0.0.1:{port}");
        Assert.Equal(FindingLevel.Problem, finding.Level);
        Assert.Contains("cannot be reached", finding.Found, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", finding.ToString(), StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Problem, (await Redis("rediss://:geheim@localhost")).Level);
    }

    [ProgramFact("redis-server")]
    public async Task Redis_OfItsMakers_IsUnderstood()
    {
        using var server = RealRedis.Start("--requirepass", "geheim", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru");
        var finding = await Redis($"redis://:geheim@127.0.0.1:{server.Port}");
        Assert.True(finding.Level == FindingLevel.Ok, finding.ToString());
        Assert.Contains("maxmemory 64.0 MiB, policy allkeys-lru", finding.Found, StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Problem, (await Redis($"127.0.0.1:{server.Port}")).Level);
    }

    public void Dispose() => _machine.Dispose();

    private static DoctorTargets Listen(string address) => new() { Listen = [address] };

    private Task<Finding> Redis(string address) => _machine.FindingAsync(new RedisCheck(), new DoctorTargets { Redis = address });
}

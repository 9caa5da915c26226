using System.Net.Sockets;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Doctor.Network;

/// <summary>Whether the Redis server answers, when one is configured.</summary>
internal sealed class RedisCheck : IDoctorCheck
{
    private const string Name = "redis";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly Version Oldest = new(6, 0);

    public string Area => "network";

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorContext context, CancellationToken cancellation)
    {
        if (context.Targets.Redis is not { } text)
            return [new Finding(Name, FindingLevel.Ok, "not used")];
        if (!RedisAddress.TryParse(text, out var address))
            return [Problem("the Redis address cannot be read", "write HOST:PORT or redis://:PASSWORD@HOST:PORT (without TLS)")];

        using var limit = new CancellationTokenSource(Patience, context.Machine.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await AskAsync(address, both.Token).ConfigureAwait(false);
        }
        catch (RespException exception)
        {
            return [Problem($"{address}: {ErrorReport.FirstLine(exception.Message)}", Advice(exception))];
        }
        catch (SocketException exception)
        {
            return [Problem($"{address} cannot be reached: {ErrorReport.FirstLine(exception.Message)}", "start it, or correct --redis (KVASIR_REDIS); leave it out when none is used")];
        }
        catch (IOException exception)
        {
            return [Problem($"{address} closed the connection: {ErrorReport.FirstLine(exception.Message)}", "check that it is a Redis server without TLS, and its log")];
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return [Problem($"{address} did not answer within {Screen.Time(Patience)}", "check firewalls, and whether the server hangs")];
        }
    }

    private static async Task<IReadOnlyList<Finding>> AskAsync(RedisAddress address, CancellationToken cancellation)
    {
        using var connection = new RespConnection();
        await connection.ConnectAsync(address, cancellation).ConfigureAwait(false);
        if (address.Password is { } password)
            await connection.SendAsync(address.User is { } user ? ["AUTH", user, password] : ["AUTH", password], cancellation).ConfigureAwait(false);
        await connection.SendAsync(["PING"], cancellation).ConfigureAwait(false);
        var info = Fields(await connection.SendAsync(["INFO"], cancellation).ConfigureAwait(false));
        return Judge(address, info);
    }

    private static List<Finding> Judge(RedisAddress address, Dictionary<string, string> info)
    {
        var number = info.GetValueOrDefault("redis_version", "unknown");
        var policy = info.GetValueOrDefault("maxmemory_policy", "unknown");
        var bounded = long.TryParse(info.GetValueOrDefault("maxmemory"), out var max) && max > 0;
        var found = $"{address}: version {number}, maxmemory {(bounded ? Screen.Size(max) : "not set")}, policy {policy}";
        if (Version.TryParse(number, out var version) && version < Oldest)
            return [Warning(found, $"take version {Oldest.Major} or newer")];
        if (policy != "noeviction")
            return [new Finding(Name, FindingLevel.Ok, found)];
        return bounded
            ? [Warning(found, "when it is full, writes fail; for a cache set maxmemory-policy allkeys-lru")]
            : [new Finding(Name, FindingLevel.Note, found, "it grows until the machine's memory is used up; for a cache set maxmemory and maxmemory-policy allkeys-lru")];
    }

    private static Dictionary<string, string> Fields(string? info) => (info ?? "").Split('\n')
        .Select(line => line.Trim().Split(':', 2))
        .Where(parts => parts.Length == 2)
        .DistinctBy(parts => parts[0])
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    private static string Advice(RespException exception) => exception switch
    {
        { IsForeign: true } => "another program listens there; correct the port",
        _ when exception.Message.StartsWith("NOAUTH", StringComparison.Ordinal) => "give the password: redis://:PASSWORD@HOST:PORT in KVASIR_REDIS",
        _ when exception.Message.StartsWith("WRONGPASS", StringComparison.Ordinal) => "correct the password (or user) in KVASIR_REDIS",
        _ when exception.Message.StartsWith("LOADING", StringComparison.Ordinal) => "it still reads its data; try again",
        _ => "see the server's documentation for this answer",
    };

    private static Finding Warning(string found, string advice) => new(Name, FindingLevel.Warning, found, advice);

    private static Finding Problem(string found, string advice) => new(Name, FindingLevel.Problem, found, advice);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kvasir.Tests.Shared.Hub;

/// <summary>
/// A server on this machine that behaves like a Hugging Face hub: it lists repositories, gives small files itself, and sends on to
/// another host (another port) for large ones, which knows ranges and tags. Every connection answers one request.
/// </summary>
public sealed class LocalHub : IDisposable
{
    private readonly TcpListener _hub = new(IPAddress.Loopback, 0);
    private readonly TcpListener _cdn = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<HubRequest> _requests = new();
    private readonly List<HubRepository> _repositories = [];

    public LocalHub()
    {
        _hub.Start();
        _cdn.Start();
        _ = ServeAsync(_hub, "hub");
        _ = ServeAsync(_cdn, "cdn");
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_hub.LocalEndpoint).Port}");

    public Uri Cdn => new($"http://127.0.0.1:{((IPEndPoint)_cdn.LocalEndpoint).Port}");

    /// <summary>What was asked for, in order.</summary>
    public IReadOnlyList<HubRequest> Requests => [.. _requests];

    /// <summary>Sees a request and the right answer, and may give another.</summary>
    public Func<HubRequest, HubReply, HubReply>? Fault { get; set; }

    /// <summary>Adds a repository; a later one of the same name has the newer commit.</summary>
    public HubRepository Add(string id, char commit = '1')
    {
        var repository = new HubRepository(id, new string(commit, 40));
        foreach (var older in _repositories.Where(older => older.Id == id))
            older.Revisions.Remove("main");
        _repositories.Add(repository);
        return repository;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _hub.Dispose();
        _cdn.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(TcpListener listener, string host)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
                _ = AnswerAsync(await listener.AcceptTcpClientAsync(_stop.Token), host);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(TcpClient client, string host)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                if (await ReadAsync(stream, host) is not { } request)
                    return;
                _requests.Enqueue(request);
                var reply = host == "hub" ? Hub(request) : Content(request);
                await WriteAsync(stream, Fault?.Invoke(request, reply) ?? reply);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // The client went away: some tests do.
            }
        }
    }

    private static async Task<HubRequest?> ReadAsync(NetworkStream stream, string host)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, false, 1024, leaveOpen: true);
        if (await reader.ReadLineAsync() is not { Length: > 0 } line)
            return null;
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            headers[header[..colon].ToLowerInvariant()] = header[(colon + 1)..].Trim();
        }

        return new HubRequest(host, line.Split(' ')[1], headers);
    }

    private static async Task WriteAsync(NetworkStream stream, HubReply reply)
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} X\r\nConnection: close\r\n");
        foreach (var (name, value) in reply.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (reply.Headers.All(header => header.Name is not ("Content-Length" or "Transfer-Encoding")))
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {reply.Body.Length}\r\n");
        head.Append("\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()));
        await stream.WriteAsync(reply.Body.AsMemory(0, Math.Min(reply.CutAfter ?? int.MaxValue, reply.Body.Length)));
        await stream.FlushAsync();
        if (reply.Hold is { } hold)
            await hold();
    }

    private HubReply Hub(HubRequest request)
    {
        var path = request.Target.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        if (path is ["api", "models", var apiOwner, var apiName, "revision", .. var rest])
        {
            if (Find($"{apiOwner}/{apiName}", string.Join('/', rest)) is { } repository)
                return HubReply.Text(200, repository.ToJson()).With("Content-Type", "application/json");
            return _repositories.Any(known => known.Id == $"{apiOwner}/{apiName}") ? HubReply.Refusal(404, "RevisionNotFound", "Invalid rev id") : Missing;
        }

        if (path is not [var owner, var name, "resolve", var revision, .. var file])
            return Missing;
        if (Find($"{owner}/{name}", revision) is not { } found)
            return Missing;
        var fileName = string.Join('/', file);
        if (!found.Files.ContainsKey(fileName))
            return HubReply.Refusal(404, "EntryNotFound", "Entry not found");
        if (!found.IsLarge(fileName))
            return Part(request, found.Files[fileName], found.Digest(fileName)).With("X-Repo-Commit", found.Commit);
        return new HubReply(302)
            .With("Location", $"{Cdn}{found.Id}/{found.Digest(fileName)}?Signature=secret-signature")
            .With("X-Repo-Commit", found.Commit)
            .With("X-Linked-Size", found.Files[fileName].Length.ToString(CultureInfo.InvariantCulture))
            .With("X-Linked-ETag", $"\"{found.Digest(fileName)}\"");
    }

    private HubReply Content(HubRequest request)
    {
        var digest = request.Target.Split('?')[0].Split('/')[^1];
        foreach (var repository in _repositories)
        {
            foreach (var (path, bytes) in repository.Files)
            {
                if (repository.Digest(path) == digest)
                    return Part(request, bytes, digest);
            }
        }

        return new HubReply(404);
    }

    /// <summary>A file or a part of it, as RFC 9110 has it: If-Range with another tag gives the whole.</summary>
    public static HubReply Part(HubRequest request, byte[] bytes, string tag)
    {
        var whole = new HubReply(200) { Body = bytes }.With("ETag", $"\"{tag}\"").With("Accept-Ranges", "bytes");
        if (request.Range is not var (first, last) || (request.Header("if-range") is { } condition && condition != $"\"{tag}\""))
            return whole;
        if (first >= bytes.Length)
            return new HubReply(416);
        last = Math.Min(last, bytes.Length - 1);
        return (whole with { Status = 206, Body = bytes[(int)first..((int)last + 1)] })
            .With("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{bytes.Length}"));
    }

    private static HubReply Missing => HubReply.Refusal(401, "RepoNotFound", "Repository not found");

    private HubRepository? Find(string id, string revision) => _repositories.LastOrDefault(repository =>
        repository.Id == id && (repository.Commit == revision || repository.Revisions.Contains(revision)));
}

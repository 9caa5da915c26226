using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kvasir.Cli.Tests.Doctor;

/// <summary>Answers as a Redis server does, on a free port of this machine.</summary>
internal sealed class FakeRedis : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<IReadOnlyList<string>, string> _answer;
    private readonly Task _serving;

    /// <param name="answer">The reply to a command, in the protocol. The connection is closed after one that does not end a line.</param>
    public FakeRedis(Func<IReadOnlyList<string>, string> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>A server with a password and some settings.</summary>
    public static FakeRedis Create(string? password, string version, long maxMemory, string policy)
    {
        var open = password is null;
        return new FakeRedis(command =>
        {
            if (command[0] == "AUTH")
            {
                open = command[^1] == password;
                return open ? "+OK\r\n" : "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
            }

            return (open, command[0]) switch
            {
                (false, _) => "-NOAUTH Authentication required.\r\n",
                (_, "PING") => "+PONG\r\n",
                (_, "INFO") => Bulk($"# Server\r\nredis_version:{version}\r\n# Memory\r\nmaxmemory:{maxMemory}\r\nmaxmemory_policy:{policy}\r\n"),
                _ => "-ERR unknown command\r\n",
            };
        });
    }

    public static string Bulk(string text) => $"${Encoding.UTF8.GetByteCount(text)}\r\n{text}\r\n";

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            // The listener was stopped.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } header)
            {
                var command = new string[int.Parse(header[1..], System.Globalization.CultureInfo.InvariantCulture)];
                for (var i = 0; i < command.Length; i++)
                {
                    Assert.StartsWith("$", await reader.ReadLineAsync(), StringComparison.Ordinal);
                    command[i] = (await reader.ReadLineAsync())!;
                }

                var answer = _answer(command);
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer));
                if (!answer.EndsWith("\r\n", StringComparison.Ordinal))
                    return;
            }
        }
        catch (IOException)
        {
            // The client hung up.
        }
    }
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Kvasir.Cli.Doctor.Network;

/// <summary>Sends single commands to a Redis server and reads simple replies (RESP 2).</summary>
internal sealed class RespConnection : IDisposable
{
    private const int MaxLine = 4096;
    private const int MaxBulk = 1 << 20;

    private readonly TcpClient _client = new() { NoDelay = true };
    private BufferedStream? _stream;

    public async Task ConnectAsync(RedisAddress address, CancellationToken cancellation)
    {
        await _client.ConnectAsync(address.Host, address.Port, cancellation).ConfigureAwait(false);
        _stream = new BufferedStream(_client.GetStream());
    }

    /// <summary>The reply: a line, a number, or a text; null where the server has nothing.</summary>
    /// <exception cref="RespException">The server answers with an error, or not in Redis's protocol.</exception>
    public async Task<string?> SendAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        var stream = _stream!;
        var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Count}\r\n");
        foreach (var part in command)
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n").Append(part).Append("\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellation).ConfigureAwait(false);
        await stream.FlushAsync(cancellation).ConfigureAwait(false);

        var line = await ReadLineAsync(stream, cancellation).ConfigureAwait(false);
        return line[0] switch
        {
            '+' or ':' => line[1..],
            '-' => throw new RespException(line[1..]),
            '$' => await ReadBulkAsync(stream, line, cancellation).ConfigureAwait(false),
            _ => throw NoRedis(line),
        };
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _client.Dispose();
    }

    private static async Task<string?> ReadBulkAsync(Stream stream, string line, CancellationToken cancellation)
    {
        if (line == "$-1")
            return null;
        if (!int.TryParse(line[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > MaxBulk)
            throw NoRedis(line);
        var bytes = new byte[length + 2];
        await stream.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < MaxLine)
        {
            await stream.ReadExactlyAsync(one, cancellation).ConfigureAwait(false);
            if (one[0] == '\n' && line.Length > 1 && line[^1] == '\r')
                return line.ToString(0, line.Length - 1);
            line.Append((char)one[0]);
        }

        throw NoRedis(line.ToString());
    }

    private static RespException NoRedis(string line) =>
        new($"the answer is not Redis's protocol: {new string([.. line.Take(40).Select(c => char.IsControl(c) ? '?' : c)])}") { IsForeign = true };
}

using System.Globalization;

namespace Kvasir.Cli.Doctor.Network;

/// <summary>Where a Redis server is: <c>HOST:PORT</c>, or <c>redis://[[user]:password@]HOST[:PORT]</c>.</summary>
internal sealed record RedisAddress(string Host, int Port, string? User, string? Password)
{
    private const int DefaultPort = 6379;

    /// <summary>The address without its secret.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    public static bool TryParse(string text, out RedisAddress address)
    {
        address = new RedisAddress("", 0, null, null);
        var url = text.Contains("://", StringComparison.Ordinal) ? text : $"redis://{text}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "redis" || uri.Host.Length == 0)
            return false;
        var user = uri.UserInfo.Split(':', 2);
        address = new RedisAddress(
            uri.Host.Trim('[', ']'),
            uri.Port < 0 ? DefaultPort : uri.Port,
            user[0].Length == 0 ? null : Uri.UnescapeDataString(user[0]),
            user.Length == 2 ? Uri.UnescapeDataString(user[1]) : null);
        return true;
    }
}

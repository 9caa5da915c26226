using System.Net;
using System.Net.Sockets;

namespace Kvasir.Cli.Doctor.Network;

/// <summary>Addresses to listen on, as servers write them: <c>http://HOST:PORT</c>; <c>*</c> and <c>+</c> stand for every address.</summary>
internal static class ListenAddress
{
    /// <summary>Reads an address; <paramref name="problem"/> says what is wrong with one that is none.</summary>
    public static bool TryParse(string text, out IReadOnlyList<IPEndPoint> endPoints, out string problem)
    {
        endPoints = [];
        problem = "";
        var plain = text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            problem = $"'{text}' is no address to listen on";
            return false;
        }

        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address))
        {
            endPoints = [new IPEndPoint(address, uri.Port)];
            return true;
        }

        if (uri.Host == "localhost")
        {
            // Servers take both loopback addresses and are content with one.
            endPoints = [new IPEndPoint(IPAddress.Loopback, uri.Port)];
            return true;
        }

        try
        {
            endPoints = [.. Dns.GetHostAddresses(uri.Host).Select(found => new IPEndPoint(found, uri.Port))];
        }
        catch (SocketException)
        {
            problem = $"the name {uri.Host} is not known to this machine";
        }

        return endPoints.Count > 0;
    }
}

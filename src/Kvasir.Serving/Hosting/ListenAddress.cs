using System.Net;
using Kvasir.Serving.Configuration;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Kvasir.Serving.Hosting;

/// <summary>An address that the server listens on.</summary>
/// <param name="Host">An IP address, a name for this machine, or <c>*</c> for all of its addresses.</param>
/// <param name="Port">The port; 0 takes a free one.</param>
public sealed record ListenAddress(string Host, int Port)
{
    private const string OperatorMark = "kvasir.operator";

    /// <summary>Reads an address such as <c>http://127.0.0.1:8080</c>.</summary>
    /// <exception cref="ConfigurationException">It is none.</exception>
    public static ListenAddress Parse(string text)
    {
        if (text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            throw new ConfigurationException($"listen: '{text}' asks for TLS, which is left to a proxy in front of the server; write http://");
        var all = text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(all.Contains("://", StringComparison.Ordinal) ? all : $"http://{all}", UriKind.Absolute, out var uri)
            || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/")
        {
            throw new ConfigurationException($"listen: '{text}' is no address; write one such as http://127.0.0.1:8080 or http://*:8080");
        }

        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host.Trim('[', ']') : uri.Host;
        if (host != "localhost" && !IPAddress.TryParse(host, out _))
            throw new ConfigurationException($"listen: '{text}' names a host; give an IP address, localhost or *");
        return new ListenAddress(host, uri.Port);
    }

    /// <summary>The address to bind; both of this machine's loopback addresses when null.</summary>
    public IPAddress? Ip => Host != "localhost" ? IPAddress.Parse(Host) : Port == 0 ? IPAddress.Loopback : null;

    /// <summary>Whether a request came by an address of the operator.</summary>
    internal static bool IsOperator(HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(OperatorMark) == true;

    internal void Bind(KestrelServerOptions kestrel, bool forOperator)
    {
        if (Ip is { } ip)
            kestrel.Listen(ip, Port, Mark);
        else
            kestrel.ListenLocalhost(Port, Mark);

        void Mark(ListenOptions listen)
        {
            if (!forOperator)
                return;
            listen.Use(next => connection =>
            {
                connection.Items[OperatorMark] = true;
                return next(connection);
            });
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kvasir.Cli.Doctor.Machine;
using Kvasir.Cli.Output;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Hosting;

namespace Kvasir.Cli.Doctor.Network;

/// <summary>Whether the addresses can be listened on, and who holds those that cannot.</summary>
internal sealed class ListenCheck() : DoctorCheck("network", "listen")
{
    protected override IEnumerable<Finding> Look(DoctorContext context) =>
        context.Targets.Listen.SelectMany(address => Look(address, context.Machine.Files));

    private IEnumerable<Finding> Look(string text, SystemFiles files)
    {
        if (Parse(text, out var problem) is not { } address)
        {
            yield return Problem(problem, "write http://ADDRESS:PORT, e.g. http://127.0.0.1:8080 or http://0.0.0.0:8080");
            yield break;
        }

        // Of localhost the server takes both loopback addresses, and is content with one.
        var endPoint = new IPEndPoint(address.Ip ?? IPAddress.Loopback, address.Port);
        yield return Bind(endPoint, text, files);
        if (!IPAddress.IsLoopback(endPoint.Address))
            yield return Note($"{text} can be reached from other machines, and is not encrypted", "configure keys, and put a proxy with TLS in front, or listen on 127.0.0.1");
    }

    private static ListenAddress? Parse(string text, out string problem)
    {
        problem = "";
        try
        {
            return ListenAddress.Parse(text);
        }
        catch (ConfigurationException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    private Finding Bind(IPEndPoint endPoint, string text, SystemFiles files)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(1);
            return Ok(endPoint.Port == 0 ? $"{text}: a free port is taken" : $"{text} is free");
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => Problem(
                    $"{text} is in use{(PortHolder.Find(files, endPoint.Port) is { } holder ? $" by {holder}" : "")}",
                    "end that program, or give another port with --listen"),
                SocketError.AccessDenied => Problem(
                    $"{text} may not be used by this user",
                    string.Create(CultureInfo.InvariantCulture, $"ports below 1024 need a privilege: take a higher one instead of {endPoint.Port}, or AmbientCapabilities=CAP_NET_BIND_SERVICE")),
                SocketError.AddressNotAvailable => Problem(
                    $"{endPoint.Address} is no address of this machine", "see ip address, or listen on 0.0.0.0 for all of them"),
                _ => Problem($"{text}: {ErrorReport.FirstLine(exception.Message)}", "choose another address with --listen"),
            };
        }
    }
}

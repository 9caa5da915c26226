using System.Text;

namespace Kvasir.Tests.Shared.Hub;

/// <summary>What the local hub answers, with what can go wrong on the way.</summary>
public sealed record HubReply(int Status)
{
    public byte[] Body { get; init; } = [];

    /// <summary>Names and values; Content-Length is the body's unless it is here.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The connection is cut after so many bytes of the body.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Awaited before the connection is closed.</summary>
    public Func<Task>? Hold { get; init; }

    public HubReply With(string name, string value) => this with { Headers = [.. Headers.Where(header => header.Name != name), (name, value)] };

    public HubReply Without(string name) => this with { Headers = [.. Headers.Where(header => header.Name != name)] };

    public static HubReply Text(int status, string text) => new(status) { Body = Encoding.UTF8.GetBytes(text) };

    public static HubReply Refusal(int status, string? code = null, string? message = null)
    {
        var reply = Text(status, "{\"error\":\"refused\"}");
        if (code is not null)
            reply = reply.With("X-Error-Code", code);
        return message is null ? reply : reply.With("X-Error-Message", message);
    }
}

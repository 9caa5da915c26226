namespace Kvasir.Cli.Doctor.Network;

/// <summary>A Redis server refused a command, or it is no Redis server.</summary>
internal sealed class RespException(string message) : Exception(message)
{
    /// <summary>True when the other side does not speak the protocol.</summary>
    public bool IsForeign { get; init; }
}

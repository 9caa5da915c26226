namespace Kvasir.Models.Hub;

/// <summary>Something that may go well when it is tried again.</summary>
internal sealed class TransientException(string message, TimeSpan? wait = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? Wait { get; } = wait;
}

namespace Kvasir.Engine.Requests;

/// <summary>The queue is full; nothing was accepted. Try again later or raise <see cref="EngineOptions.MaxQueued"/>.</summary>
public sealed class EngineOverloadedException(int queued)
    : InvalidOperationException(FormattableString.Invariant($"the engine already has {queued} waiting requests; try again later or raise MaxQueued"))
{
    /// <summary>Requests that were waiting.</summary>
    public int Queued { get; } = queued;
}

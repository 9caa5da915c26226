namespace Kvasir.Engine.Requests;

/// <summary>
/// A request found no room within its <see cref="GenerationRequest.QueueTimeout"/>; nothing was computed for it. Try again later, or give
/// the engine more memory or sequences.
/// </summary>
public sealed class QueueTimeoutException(TimeSpan timeout)
    : InvalidOperationException(FormattableString.Invariant(
        $"the request waited longer than its limit of {timeout.TotalSeconds:0.###} s; try again later, or raise the limit, KvBudgetBytes (--kv-budget) or MaxSequences"))
{
    /// <summary>The request's limit.</summary>
    public TimeSpan Timeout { get; } = timeout;
}

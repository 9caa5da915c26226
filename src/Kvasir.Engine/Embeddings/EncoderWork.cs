using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>A text on its way through an encoder.</summary>
internal sealed class EncoderWork(EmbeddingRequest request, int width)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its tokens.</summary>
    public ReadOnlyMemory<int> Tokens => request.Prompt;

    /// <summary>How long it may wait for its step; without limit when null.</summary>
    public TimeSpan? QueueTimeout => request.QueueTimeout;

    /// <summary>When it was submitted, in the time provider's timestamps.</summary>
    public long Submitted { get; set; }

    /// <summary>Takes up its rows.</summary>
    public HiddenPool Pool { get; } = new(request.Pooling!.Value, width);

    /// <summary>Ends when all rows were taken up.</summary>
    public Task Done => _done.Task;

    /// <summary>True when nobody waits for it any longer.</summary>
    public bool HasEnded => _done.Task.IsCompleted;

    /// <summary>The rows that its vector is made of: first and end.</summary>
    public (int First, int End) Rows => request.Pooling switch
    {
        EmbeddingPooling.FirstToken => (0, 1),
        EmbeddingPooling.LastToken => (Tokens.Length - 1, Tokens.Length),
        _ => (0, Tokens.Length),
    };

    public void Complete() => _done.TrySetResult();

    public void Cancel() => _done.TrySetCanceled();

    public void Fail(Exception exception) => _done.TrySetException(exception);
}
